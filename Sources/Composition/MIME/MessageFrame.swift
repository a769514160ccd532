import Council
import Foundation

/// What all messages of one kind share: the header lines that don't depend on the recipient, made once.
struct MessageFrame {
    let kind: MessageKindName
    let envelopeSender: EmailAddress
    private let shared: [UInt8]
    private let seal: MessageSeal

    /// The first letter of a Message-ID: `c` convocation, `l` letter after it, `n` notice to the clerk, `i` copy for information.
    enum MessageKindName: String {
        case convocation = "c"
        case letter = "l"
        case notice = "n"
        case copy = "i"
    }

    /// `thread`: nil for what is about no sitting.
    init(
        _ kind: MessageKindName, settings: CompositionSettings, subject: CleanText, language: Language, thread: ThreadPlace?
    ) {
        self.kind = kind
        envelopeSender = settings.envelopeSender
        seal = settings.seal
        var header = MessageHeader()
        header.mailbox("From", settings.from)
        if kind != .notice || settings.replyTo != nil { header.mailbox("Reply-To", settings.replyTo ?? settings.clerk) }
        header.text("Subject", subject)
        thread?.append(to: &header, domain: settings.from.address.domain)
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

    /// The finished bytes: RFC 5322, CRLF, 7-bit, no line above 76 columns where the standards leave a choice; signed.
    func assemble(
        date: MessageDate, to: Mailbox, messageID: String, text: MessageText, calendar: PreparedCalendar? = nil,
        attachments: [Entity] = [], boundary: String
    ) throws(SigningFault) -> [UInt8] {
        var header = MessageHeader()
        header.line("Date", date.text)
        header.mailbox("To", to)
        header.line("Message-ID", "<\(messageID)>")
        let files = attachments + (calendar.map { [$0.file] } ?? [])
        let size =
            (text.plain.count + text.html.count) * 5 / 4 + files.reduce(calendar?.alternative.bytes.count ?? 0) { $0 + $1.bytes.count }
            + 4_096
        return try seal.message(header.bytes + shared, boundary: boundary, at: date.seconds, size: size) { output in
            let alternative = { (output: inout [UInt8]) in
                var parts: [(inout [UInt8]) -> Void] = [
                    { Entity.appendText("text/plain; charset=utf-8", text.plain, to: &$0) },
                    { Entity.appendText("text/html; charset=utf-8", text.html, to: &$0) },
                ]
                if let calendar { parts.append { $0 += calendar.alternative.bytes } }
                Entity.appendMultipart("alternative", boundary: "=_a\(boundary)", to: &output, parts)
            }
            if files.isEmpty {
                alternative(&output)
            } else {
                Entity.appendMultipart(
                    "mixed", boundary: "=_m\(boundary)", to: &output,
                    [alternative] + files.map { file in { (output: inout [UInt8]) in output += file.bytes } })
            }
        }
    }
}

/// Where a message stands among all that its reader gets about one sitting. The thread's root is no message: each member's
/// first one has an identifier of its own, and the clerk's too. So every message names the same root, which the sitting alone
/// decides, and programs gather them whichever came first, or is missing (RFC 5322 §3.6.4).
enum ThreadPlace {
    /// The first that its reader gets: no answer to anything.
    case first(SittingID)
    case later(SittingID)

    func append(to header: inout MessageHeader, domain: String) {
        switch self {
        case .first(let sitting): header.line("References", Self.root(sitting, domain))
        case .later(let sitting):
            header.line("In-Reply-To", Self.root(sitting, domain))
            header.line("References", Self.root(sitting, domain))
        }
    }

    /// `<s.2026-12-15-18h30-conseil@agglo.example>`. A sitting's identifier is public anyway.
    static func root(_ sitting: SittingID, _ domain: String) -> String { "<s.\(Spelling.slug(sitting.rawValue))@\(domain)>" }
}

/// A calendar as both of its MIME parts, made once for a sitting and a language.
struct PreparedCalendar {
    let alternative: Entity
    let file: Entity
    var size: Int { alternative.bytes.count + file.bytes.count }

    init(_ calendar: [UInt8], _ method: SittingCalendar.Method, fileName: CleanText) {
        alternative = .calendar(calendar, method)
        file = .calendarFile(calendar, name: fileName)
    }
}
