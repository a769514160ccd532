import Composition
import Council
import Curl
import Delivery
import Foundation

/// A real message, signed as the service signs, through the relay.
extension Doctor {
    func testMessage(_ configured: Settings.Relay, to recipient: EmailAddress) async -> [DoctorFinding] {
        let place = configured.address
        guard let from = found.from, let sender = found.envelopeSender else {
            return [
                .failure(
                    "relay.message", place, Bilingual("pas de message, faute d'expéditeur", "no message, for want of a sender"),
                    why: Self.whyRelay,
                    key: "mail.from", Bilingual("corriger mail.from et mail.envelopeSender", "mend mail.from and mail.envelopeSender"))
            ]
        }
        let tag = "doctor-" + Hex.encode(randomness.bytes(6))
        let trial = trialSender(sender, tag)
        let message: MailBytes
        let addresses: (EnvelopeAddress, EnvelopeAddress)
        let settings: RelaySettings
        do {
            // A report is asked for whatever comes, where there is a mailbox to read it in.
            var configured = configured
            if found.bounces != nil { configured.reports = .all }
            settings = try Gateway.relaySettings(configured, keys: keysFolder)
            message = try MailBytes(checking: try testBytes(from: from, to: recipient))
            addresses = (try EnvelopeAddress(checking: trial.description), try EnvelopeAddress(checking: recipient.description))
        } catch {
            return [
                .failure(
                    "relay.message", place, Bilingual("pas de message : ", "no message: ") + Bilingual.words(of: error), why: Self.whyRelay,
                    Bilingual("corriger d'abord ce que dit « check »", "mend first what `check` says"))
            ]
        }
        let token = await token(settings, place).0
        // Without a token that it takes there is no account: what the relay says then is told.
        let attempt = await send(message, from: addresses.0, to: addresses.1, by: settings.relay, token: token)
        if let reply = attempt.finalReply, reply.code < 300 {
            return [
                .ok(
                    "relay.message", place,
                    Bilingual(
                        "message d'essai pris pour \(recipient) : \(reply.lastLine). Vérifiez qu'il arrive, et pas aux indésirables",
                        "test message taken for \(recipient): \(reply.lastLine). See that it arrives, and not as spam"))
            ] + (await confirmation(of: tag, isAsked: attempt.reportsAsked, place))
        }
        let reply = attempt.reply?.lastLine ?? attempt.fault?.words ?? ""
        let isSender = attempt.stage == .sender && attempt.reply != nil
        return [
            .failure(
                "relay.message", place,
                Bilingual("message d'essai refusé pour \(recipient) : \(reply)", "test message refused for \(recipient): \(reply)"),
                why: Self.whyRelay, key: isSender ? "mail.envelopeSender" : nil,
                isSender
                    ? Bilingual(
                        "mail.envelopeSender : une adresse au nom de laquelle ce compte a le droit d'envoyer",
                        "mail.envelopeSender: an address that this account may send as")
                    : Bilingual("demander à qui tient le relais", "ask who runs the relay"))
        ]
    }

    private func send(
        _ message: MailBytes, from sender: EnvelopeAddress, to recipient: EnvelopeAddress, by relay: SMTPRelay, token: String?
    ) async -> SMTPAttempt {
        let abort = AbortFlag()
        return await withTaskCancellationHandler {
            await SMTPConnections(relay, count: 1, idle: .seconds(1), abort: abort)
                .send(SMTPParcel(from: sender, to: recipient, message, token: token))
        } onCancel: {
            // Past its limit: nobody waits for the reply any more.
            abort.raise()
        }
    }

    /// ASCII but for the body, which is base64.
    func testBytes(from: EmailAddress, to recipient: EmailAddress) throws -> [UInt8] {
        let now = clock.now()
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        let text = """
            Ceci est un essai de la passerelle des convocations (appariteur doctor) : aucune action n'est demandée.
            S'il est arrivé dans les indésirables, prévenez votre service informatique.

            This is a test of the convocations' gateway (appariteur doctor): nothing is asked of you.
            If it came as spam, tell your IT department.
            """.replacingOccurrences(of: "\n", with: "\r\n")
        let body = Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        let header = [
            "Date: \(format.string(from: now))", "From: \(from)", "To: \(recipient)",
            "Message-ID: <d.\(Hex.encode(randomness.bytes(8)))@\(from.domain)>", "Subject: Appariteur : essai d'envoi / sending test",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        var bytes = Array((header.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n").utf8)
        // DKIM alone: it is what receivers judge a test by.
        try MessageSeal(dkim: found.mail.dkim.map { try Gateway.dkimSigner($0) })
            .addDKIM(to: &bytes, at: Int(now.timeIntervalSince1970.rounded(.down)))
        return bytes
    }
}
