/// One message's way over a connection that stands: which command is said when, and what each reply means for the next one. No
/// input or output of its own.
///
/// Where the relay takes them so (RFC 2920), MAIL, RCPT and DATA are said in one breath: the body waits for 354 all the same, and after
/// a refusal nothing more is said before the replies to what was already said have come.
struct SMTPTransaction {
    /// What is to happen after a reply, or a part of one.
    enum Next: Hashable {
        /// The reply goes on.
        case listen
        /// A command was answered as it should be; the next reply is on its way.
        case goOn
        case say(String)
        /// 354: the body may leave.
        case body
        /// The reply to the message as a whole is there.
        case answered
        /// A command was refused. So many commands that were said already are still to be answered.
        case refused(unanswered: Int)
        /// No SMTP: nothing that this relay says now means anything.
        case nonsense(String)
    }

    private(set) var dialogue: SMTPDialogue
    private let commands: [String]
    private let isPipelined: Bool
    /// How many commands were answered as they should be; all of them: the body has been asked for.
    private var answered = 0

    /// - Parameter dialogue: what the relay has said since the connection was opened for this message; empty on one that was kept.
    init(_ parcel: SMTPParcel, offered: SMTPCapabilities, reports: SMTPRelay.Reports, after dialogue: SMTPDialogue) {
        self.dialogue = dialogue
        commands = parcel.commands(offered, notify: offered.takesDSN ? reports.notify : nil)
        isPipelined = offered.takesPipelines
    }

    var isBodyAskedFor: Bool { answered == commands.count }

    /// What is said first.
    var opening: String { isPipelined ? commands.joined() : commands[0] }

    /// Takes one line as it came.
    mutating func take(_ line: some Collection<UInt8>) -> Next {
        let before = dialogue.replies.count
        guard dialogue.take(line) else { return .nonsense("the relay talks without end") }
        guard dialogue.replies.count > before, let reply = dialogue.replies.last else { return .listen }
        guard !isBodyAskedFor else { return .answered }
        guard reply.code < 400 else { return .refused(unanswered: isPipelined ? commands.count - answered - 1 : 0) }
        let isData = answered == commands.count - 1
        guard isData ? reply.code == 354 : (200..<300).contains(reply.code) else {
            return .nonsense("the relay answered \(commands[answered].prefix(4)) with: \(reply.lastLine)")
        }
        answered += 1
        if isData { return .body }
        return isPipelined ? .goOn : .say(commands[answered])
    }
}

/// What EHLO offered of what is made use of.
struct SMTPCapabilities: Hashable {
    let takesPipelines: Bool
    let takesSize: Bool
    let takesDSN: Bool

    /// - Parameter list: EHLO's lines in upper case, without their codes; nil: there was no reply to EHLO.
    init(_ list: [String]?) {
        let words = Set((list ?? []).compactMap { $0.split(separator: " ").first })
        takesPipelines = words.contains("PIPELINING")
        takesSize = words.contains("SIZE")
        takesDSN = words.contains("DSN")
    }
}

/// A message with its envelope, as it is handed to a relay.
package struct SMTPParcel: Sendable {
    let sender: EnvelopeAddress
    let recipient: EnvelopeAddress
    let message: MailBytes
    let token: String?
    let envelopeID: String?

    /// - Parameters:
    ///   - token: what the relay's credentials take instead of a password, should a connection have to be opened.
    ///   - envelopeID: what delivery reports call the message (RFC 3461 §4.4).
    package init(
        from sender: EnvelopeAddress, to recipient: EnvelopeAddress, _ message: MailBytes, token: String? = nil, envelopeID: String? = nil
    ) {
        self.sender = sender
        self.recipient = recipient
        self.message = message
        self.token = token
        self.envelopeID = envelopeID
    }

    /// MAIL, RCPT and DATA, each with its CRLF.
    fileprivate func commands(_ offered: SMTPCapabilities, notify: String?) -> [String] {
        var mail = "MAIL FROM:<\(sender.text)>"
        var rcpt = "RCPT TO:<\(recipient.text)>"
        if offered.takesSize { mail += " SIZE=\(message.bytes.count)" }
        if let notify {
            mail += " RET=HDRS ENVID=\(Self.xtext(envelopeID ?? "-"))"
            rcpt += " NOTIFY=\(notify) ORCPT=rfc822;\(Self.xtext(recipient.text))"
        }
        return [mail + "\r\n", rcpt + "\r\n", "DATA\r\n"]
    }

    /// RFC 3461 §4: printable ASCII; `+` and `=` and anything else as `+` and two hexadecimal digits.
    static func xtext(_ text: String) -> String {
        var coded: [UInt8] = []
        for byte in text.utf8 {
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
                coded.append(byte)
            } else {
                coded += "+\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
            }
        }
        return String(decoding: coded, as: UTF8.self)
    }
}
