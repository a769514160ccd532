import Foundation
import MIME
import Store

/// Returns in a server's own words, without `message/delivery-status`: only from a server (null sender, mailer-daemon, postmaster,
/// Exchange's system mailbox), and only with a sentence that these servers are known to write.
enum FreeText {
    static func report(_ message: MIMEPart, _ parts: [MIMEPart]) -> RecipientReport? {
        guard isFromServer(message) || message.first("x-failed-recipients") != nil else { return nil }
        // The sentence stands at the top; a message returned below it must not speak for the server.
        let text = String(readable(message, parts).prefix(6000))
        let plain = folded(message.words("subject") + "\n" + text)
        let isDelayed = delays.contains { plain.contains($0) }
        guard isDelayed || failures.contains(where: { plain.contains($0) }) else { return nil }
        let recipient =
            message.first("x-failed-recipients").flatMap { Addresses.all(in: $0).first }
            ?? Addresses.all(in: text).first { address in !isServer(address) }
        return RecipientReport(
            action: isDelayed ? .delayed : .failed, status: status(in: text), diagnostic: diagnostic(in: text, below: recipient),
            recipient: recipient)
    }

    static func isFromServer(_ message: MIMEPart) -> Bool {
        message.all("return-path").contains { $0.filter { !$0.isWhitespace } == "<>" } || sender(of: message).map(isServer) ?? false
    }

    static func sender(of message: MIMEPart) -> String? { message.first("from").flatMap { Addresses.all(in: $0).last } }

    private static func isServer(_ address: String) -> Bool {
        let local = address.prefix { $0 != "@" }.lowercased()
        // Exchange: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@…
        return ["mailer-daemon", "postmaster", "mail-daemon", "mdaemon"].contains(local) || local.hasPrefix("microsoftexchange")
    }

    /// A message that is quoted under its header.
    static func messageID(in parts: [MIMEPart]) -> String? {
        for part in parts where part.children.isEmpty && part.type.value.hasPrefix("text/") {
            for line in part.text.split(whereSeparator: \.isNewline).prefix(2000)
            where line.drop(while: { $0 == ">" || $0 == " " }).lowercased().hasPrefix("message-id:") {
                if let id = Verdict.messageID(String(line)) { return id }
            }
        }
        return nil
    }

    private static func readable(_ message: MIMEPart, _ parts: [MIMEPart]) -> String {
        let leaves = parts.filter { $0.children.isEmpty }
        if let plain = leaves.first(where: { $0.type.value == "text/plain" || $0.type.value == "text" }) { return plain.text }
        return leaves.first { $0.type.value == "text/html" }.map { untagged($0.text) } ?? ""
    }

    private static func untagged(_ html: String) -> String {
        var text = ""
        var isTag = false
        for character in html.prefix(60_000) {
            switch character {
            case "<": isTag = true
            case ">":
                isTag = false
                text.append(" ")
            default: if !isTag { text.append(character) }
            }
        }
        return text.replacing("&nbsp;", with: " ").replacing("&#39;", with: "'").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
    }

    /// Lower case, one kind of apostrophe and of space, lines joined.
    private static func folded(_ text: String) -> String {
        text.lowercased().replacing("’", with: "'").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func status(in text: String) -> String? {
        text.firstMatch(of: /(?:^|[^0-9.])([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])/).map { String($0.1) }
    }

    /// The line in which the refusing server speaks, else the one below the address, else the first that says what is wrong.
    private static func diagnostic(in text: String, below recipient: String?) -> String? {
        let lines = text.split(whereSeparator: \.isNewline).prefix(200).map { $0.trimmingCharacters(in: .whitespaces) }
        return lines.first { $0.contains(/(^|[^0-9])[45][0-9][0-9][ -]/) } ?? lines.first { $0.contains(/[45]\.[0-9]+\.[0-9]+/) }
            ?? recipient.flatMap { address in
                lines.firstIndex { $0.contains(address) }.flatMap { lines[($0 + 1)...].prefix(2).first { !$0.isEmpty } }
            }
            ?? lines.first { line in
                let plain = folded(line)
                return failures.contains { plain.contains($0) } || plain.contains("unknown") || plain.contains("inconnu")
            }
    }

    private static let delays = [
        // Exim's and Postfix's warnings, Exchange's "delayed".
        "has not yet been delivered", "has not been delivered yet", "you do not need to resend", "you do not need to re-send",
        "delivery delayed:", "delivery is delayed", "remise différée", "la remise à ces destinataires ou groupes est retardée",
        "n'a pas encore été remis", "n'a pas encore pu être remis", "delivery status notification (delay)",
        "warning: could not send message for past",
    ]

    private static let failures = [
        // Exim
        "a message that you sent could not be delivered", "mail delivery failed",
        // Postfix
        "your message could not be delivered", "could not be delivered to one or more recipients", "undelivered mail returned to sender",
        // Sendmail, qmail
        "returned mail:", "i wasn't able to deliver your message", "the following addresses had permanent fatal errors",
        "delivery to the following recipient failed",
        // Exchange, English and French
        "delivery has failed to these recipients", "undeliverable:", "couldn't be delivered", "échec de la remise", "non remis :",
        "n'a pas pu être remis", "impossible de remettre votre message", "message n'a pas été remis",
        // Gmail, English and French
        "address not found", "your message wasn't delivered", "adresse introuvable", "votre message n'est pas parvenu",
        "message non distribué", "votre message n'a pas pu être distribué", "delivery status notification (failure)",
        // Orange, La Poste, Sympa and others in France
        "n'a pas pu être transmis", "n'a pu être distribué", "n'a pu être remis", "adresse d au moins un destinataire invalide",
        "boite aux lettres du destinataire", "échec de distribution", "échec de livraison", "message retourné à l'expéditeur",
        "mail delivery failure", "delivery failure", "failure notice",
    ]
}

/// Addresses inside a text, in any of the forms in which headers and sentences have them.
enum Addresses {
    static func all(in text: some StringProtocol) -> [String] {
        text.prefix(8000).split { character in
            character.isWhitespace || "<>()[]\"',;:".contains(character)
        }.compactMap { word in
            let trimmed = word.drop { $0 == "." }
            let parts = trimmed.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64 else { return nil }
            var domain = parts[1]
            while domain.last == "." || domain.last == "*" { domain.removeLast() }
            guard (1...255).contains(domain.utf8.count) else { return nil }
            return "\(parts[0])@\(domain)"
        }
    }
}
