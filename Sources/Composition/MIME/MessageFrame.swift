import Council
import Foundation

/// What all messages of one kind share: the header lines that don't depend on the recipient, made once.
struct MessageFrame {
    let kind: MessageKindName
    let envelopeSender: EmailAddress
    private let shared: [UInt8]

    /// The first letter of a Message-ID: `c` convocation, `n` notice to the clerk.
    enum MessageKindName: String {
        case convocation = "c"
        case notice = "n"
    }

    init(_ kind: MessageKindName, settings: CompositionSettings, subject: CleanText, language: Language) {
        self.kind = kind
        envelopeSender = settings.envelopeSender
        var header = MessageHeader()
        header.mailbox("From", settings.from)
        if kind == .convocation || settings.replyTo != nil { header.mailbox("Reply-To", settings.replyTo ?? settings.clerk) }
        header.text("Subject", subject)
        // RFC 3834 §5: no answering machine shall answer.
        header.line("Auto-Submitted", "auto-generated")
        header.line("List-Id", "<\(settings.listID.text)>")
        header.line("Content-Language", language.rawValue)
        header.line("MIME-Version", "1.0")
        shared = header.bytes
        domain = settings.from.address.domain
    }

    private let domain: String

    /// `c.123.5f0c9a…@agglo.example`: the id of what it is about, and eight random bytes.
    func messageID(_ id: Int64, random: some Sequence<UInt8>) -> String { "\(kind.rawValue).\(id).\(Hex.encode(random))@\(domain)" }

    /// The finished bytes: RFC 5322, CRLF, 7-bit, no line above 76 columns where the standards leave a choice.
    func assemble(
        date: String, to: Mailbox, messageID: String, text: MessageText, calendar: PreparedCalendar?, boundary: String
    ) -> [UInt8] {
        var header = MessageHeader()
        header.line("Date", date)
        header.mailbox("To", to)
        header.line("Message-ID", "<\(messageID)>")
        var bytes = header.bytes
        bytes.reserveCapacity((text.plain.count + text.html.count) * 5 / 4 + (calendar?.size ?? 0) + 2_048)
        bytes += shared
        let alternative = { (output: inout [UInt8]) in
            var parts: [(inout [UInt8]) -> Void] = [
                { Entity.appendText("text/plain; charset=utf-8", text.plain, to: &$0) },
                { Entity.appendText("text/html; charset=utf-8", text.html, to: &$0) },
            ]
            if let calendar { parts.append { $0 += calendar.alternative.bytes } }
            Entity.appendMultipart("alternative", boundary: "=_a\(boundary)", to: &output, parts)
        }
        if let calendar {
            Entity.appendMultipart("mixed", boundary: "=_m\(boundary)", to: &bytes, [alternative, { $0 += calendar.file.bytes }])
        } else {
            alternative(&bytes)
        }
        return bytes
    }
}

/// A calendar as both of its MIME parts, made once for a sitting and a language.
struct PreparedCalendar {
    let alternative: Entity
    let file: Entity
    var size: Int { alternative.bytes.count + file.bytes.count }

    init(_ calendar: [UInt8], fileName: CleanText) {
        alternative = .calendar(calendar)
        file = .calendarFile(calendar, name: fileName)
    }
}
