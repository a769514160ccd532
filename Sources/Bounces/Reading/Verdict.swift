import Foundation
import MIME
package import Store

/// What one recipient's fields of a delivery report say (RFC 3464 §2.3), or a server's free words.
package struct RecipientReport: Hashable {
    package let action: DeliveryReport.Action
    package var status: String?
    package var diagnostic: String?
    /// `Final-Recipient`, or `Original-Recipient` where there is no other.
    package var recipient: String?
    /// As the sender wrote it (`ORCPT`).
    package var originalRecipient: String?
}

/// What a mail in the mailbox of returns is.
package enum Verdict: Hashable {
    case report(ReportedReturn)
    /// Written by a person's absence message, not by a server.
    case autoReply
    /// A read receipt (RFC 8098) or a complaint (RFC 5965).
    case notice
    case other
}

package struct ReportedReturn: Hashable {
    /// In the order of the report; at least one.
    package let recipients: [RecipientReport]
    /// `Reporting-MTA`, or who wrote the free words.
    package let reporter: String?
    /// The original's Message-ID, without angle brackets.
    package let messageID: String?
}

extension Verdict {
    /// Structure decides first: a delivery report carries `Auto-Submitted: auto-replied` as well (RFC 3464 leaves it to RFC 3834).
    init(_ message: MIMEPart) {
        let parts = message.everything
        if let status = parts.first(where: { ["message/delivery-status", "message/global-delivery-status"].contains($0.type.value) }) {
            let recipients = DeliveryStatus.recipients(status.text)
            if !recipients.isEmpty {
                let reporter = DeliveryStatus.reporter(status.text)
                self = .report(ReportedReturn(recipients: recipients, reporter: reporter, messageID: Self.original(in: parts)))
                return
            }
        }
        let notices = ["message/disposition-notification", "message/global-disposition-notification", "message/feedback-report"]
        if parts.contains(where: { notices.contains($0.type.value) }) {
            self = .notice
        } else if AutoReply.isOne(message) {
            self = .autoReply
        } else if let found = FreeText.report(message, parts) {
            self = .report(
                ReportedReturn(
                    recipients: [found], reporter: FreeText.sender(of: message),
                    messageID: Self.original(in: parts) ?? FreeText.messageID(in: parts)))
        } else {
            self = .other
        }
    }

    /// From the returned message, or its header.
    private static func original(in parts: [MIMEPart]) -> String? {
        for part in parts {
            switch part.type.value {
            case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
                if let id = MIMEPart(part.content).first("message-id").flatMap(messageID) { return id }
            default: break
            }
        }
        return nil
    }

    static func messageID(_ text: String) -> String? {
        guard let open = text.firstIndex(of: "<"), let close = text[open...].firstIndex(of: ">") else { return nil }
        let id = text[text.index(after: open)..<close]
        return id.isEmpty || id.utf8.count > 300 ? nil : String(id)
    }
}

/// The fields of `message/delivery-status` (RFC 3464 §2): a group for the message, then one for each recipient.
enum DeliveryStatus {
    static func recipients(_ text: String) -> [RecipientReport] {
        groups(text).compactMap { group in
            guard let recipient = group["final-recipient"] ?? group["original-recipient"] else { return nil }
            let status = group["status"].flatMap(status)
            guard let action = group["action"].flatMap(Self.action(named:)) ?? status.flatMap(Self.action(of:)) else { return nil }
            return RecipientReport(
                action: action, status: status, diagnostic: group["diagnostic-code"].map(typed).flatMap { $0.isEmpty ? nil : $0 },
                recipient: typed(recipient), originalRecipient: group["original-recipient"].map(typed))
        }
    }

    static func reporter(_ text: String) -> String? {
        groups(text).lazy.compactMap { $0["reporting-mta"] }.first.map(typed)
    }

    private static func groups(_ text: String) -> [[String: String]] {
        var groups: [[String: String]] = [[:]]
        var last: String?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(2000) {
            if line.allSatisfy(\.isWhitespace) {
                if groups[groups.count - 1].isEmpty == false { groups.append([:]) }
                last = nil
            } else if let name = last, line.first == " " || line.first == "\t" {
                groups[groups.count - 1][name, default: ""] += " " + line.trimmingCharacters(in: .whitespaces)
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
                last = name
                groups[groups.count - 1][name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }
        return Array(groups.prefix(64))
    }

    /// `failed (bounced)` is `failed`.
    private static func action(named text: String) -> DeliveryReport.Action? {
        DeliveryReport.Action(rawValue: String(text.lowercased().prefix { $0.isLetter }))
    }

    private static func action(of status: String) -> DeliveryReport.Action? {
        switch status.first {
        case "5": .failed
        case "4": .delayed
        default: nil
        }
    }

    /// `5.1.1 (user unknown)` is `5.1.1`.
    private static func status(_ text: String) -> String? {
        let word = String(text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") })
        return word.split(separator: ".", omittingEmptySubsequences: false).map({ (1...3).contains($0.count) }) == [true, true, true]
            ? word : nil
    }

    /// `rfc822;elu@example` is `elu@example`: what stands behind the type, which is always one word.
    private static func typed(_ text: String) -> String {
        guard let semicolon = text.firstIndex(of: ";"),
            text[..<semicolon].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " })
        else { return text }
        return text[text.index(after: semicolon)...].trimmingCharacters(in: .whitespaces)
    }
}
