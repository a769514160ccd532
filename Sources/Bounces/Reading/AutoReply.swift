import Foundation
import MIME

/// Answers that a mailbox gives by itself while its owner is away (RFC 3834): they say that a message arrived, if anything.
enum AutoReply {
    static func isOne(_ message: MIMEPart) -> Bool {
        if marks.contains(where: { message.all($0).contains { $0.lowercased() != "no" } }) { return true }
        let precedence = (message.first("precedence") ?? "").lowercased()
        if ["auto_reply", "auto-reply"].contains(precedence) { return true }
        let subject = message.words("subject").lowercased().replacing("’", with: "'").trimmingCharacters(in: .whitespaces)
        if subjects.contains(where: { subject.hasPrefix($0) }) { return true }
        let submitted = HeaderValue(message.first("auto-submitted") ?? "").value
        // A server's own mailer says so of its returns as well; it writes as mailer-daemon or postmaster.
        return submitted == "auto-replied" && !FreeText.isFromServer(message)
    }

    private static let marks: Set<String> = ["x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from"]

    private static let subjects = [
        "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau", "absence :", "absence:", "message d'absence",
        "notification d'absence", "en congé", "je suis absent", "automatic reply", "auto reply", "autoreply", "auto:", "auto-reply",
        "out of office", "out of the office", "vacation", "away from my mail", "on holiday",
    ]
}
