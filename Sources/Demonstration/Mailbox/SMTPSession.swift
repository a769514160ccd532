/// One SMTP conversation as the server sees it: bytes in, events out, in order. RFC 5321, with PIPELINING (RFC 2920),
/// SIZE (RFC 1870) and enhanced status codes (RFC 2034). Pure: no socket, no clock.
///
/// A message ends at CRLF `.` CRLF and at nothing else: a lone LF before or after the dot is text, so that nobody can
/// smuggle a second message inside one.
struct SMTPSession {
    struct Limits: Sendable {
        /// Octets of one message, as stored (without stuffed dots).
        var messageSize = 64 << 20
        var recipients = 100
        /// Octets of one command line with its CRLF (RFC 5321 §4.5.3.1.4, with room for extensions).
        var commandLine = 2048
    }

    struct Envelope: Hashable, Sendable {
        /// Empty: the null sender of bounces.
        var sender: String
        var recipients: [String] = []
    }

    enum Event: Hashable, Sendable {
        /// Lines to send, each with its CRLF.
        case reply(String)
        /// A complete message; whoever keeps it answers `250 2.0.0 Ok: queued as <id>`.
        case message(Envelope, [UInt8])
        case close
    }

    static let hostName = "boite.localhost"

    private enum Mode { case command, data }
    /// Where in a line of DATA the next octet falls.
    private enum Place { case lineStart, dot, dotCR, text, carriageReturn }

    private let limits: Limits
    private var mode = Mode.command
    private var line: [UInt8] = []
    private var lineTooLong = false
    private var greeted = false
    private var envelope: Envelope?
    private var place = Place.lineStart
    private var body: [UInt8] = []
    private var bodyTooLong = false
    private var closed = false

    init(limits: Limits = Limits()) { self.limits = limits }

    static let greeting = "220 \(hostName) ESMTP Appariteur, demonstration mailbox: nothing leaves this machine\r\n"

    /// Takes what came from the socket, in pieces of any size.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes where !closed {
            switch mode {
            case .command: take(commandByte: byte, into: &events)
            case .data: take(dataByte: byte, into: &events)
            }
        }
        return events
    }

    private mutating func take(commandByte byte: UInt8, into events: inout [Event]) {
        guard byte == UInt8(ascii: "\n") else {
            if line.count < limits.commandLine { line.append(byte) } else { lineTooLong = true }
            return
        }
        defer {
            line.removeAll(keepingCapacity: true)
            lineTooLong = false
        }
        if lineTooLong { return events.append(.reply("500 5.5.2 Line too long\r\n")) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return events.append(.reply("500 5.5.2 Only printable ASCII in a command\r\n"))
        }
        answer(String(decoding: line, as: UTF8.self), into: &events)
    }

    private mutating func answer(_ text: String, into events: inout [Event]) {
        let verb = text.prefix { $0 != " " }.uppercased()
        let rest = text.dropFirst(verb.count).drop { $0 == " " }
        switch verb {
        case "EHLO", "HELO": events.append(.reply(greet(verb, rest)))
        case "MAIL": events.append(.reply(startMail(rest)))
        case "RCPT": events.append(.reply(addRecipient(rest)))
        case "DATA": events.append(.reply(startData(rest)))
        case "RSET":
            envelope = nil
            events.append(.reply("250 2.0.0 Ok\r\n"))
        case "NOOP": events.append(.reply("250 2.0.0 Ok\r\n"))
        case "VRFY": events.append(.reply("252 2.0.0 Not verified, but any address is taken\r\n"))
        case "HELP": events.append(.reply("214 2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY QUIT\r\n"))
        case "QUIT":
            closed = true
            events.append(.reply("221 2.0.0 Bye\r\n"))
            events.append(.close)
        case "STARTTLS", "AUTH", "BDAT", "EXPN", "ETRN": events.append(.reply("502 5.5.1 Not offered here\r\n"))
        default: events.append(.reply("500 5.5.2 Unknown command\r\n"))
        }
    }

    private mutating func greet(_ verb: String, _ name: Substring) -> String {
        guard !name.isEmpty else { return "501 5.5.4 Say your name: \(verb) host.example\r\n" }
        greeted = true
        envelope = nil
        guard verb == "EHLO" else { return "250 \(Self.hostName)\r\n" }
        return "250-\(Self.hostName)\r\n250-PIPELINING\r\n250-SIZE \(limits.messageSize)\r\n250 ENHANCEDSTATUSCODES\r\n"
    }

    private mutating func startMail(_ rest: Substring) -> String {
        guard greeted else { return "503 5.5.1 EHLO first\r\n" }
        guard envelope == nil else { return "503 5.5.1 One sender a message\r\n" }
        guard let (address, parameters) = Self.path(rest, after: "FROM:") else { return "501 5.1.7 MAIL FROM:<address>\r\n" }
        for parameter in parameters {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            switch (pair.first?.uppercased(), pair.count == 2 ? Int(pair[1]) : nil) {
            case ("SIZE", let size?) where size > limits.messageSize: return "552 5.3.4 Message too big\r\n"
            case ("SIZE", _?): continue
            default: return "555 5.5.4 Unknown parameter\r\n"
            }
        }
        envelope = Envelope(sender: address)
        return "250 2.1.0 Ok\r\n"
    }

    private mutating func addRecipient(_ rest: Substring) -> String {
        guard let current = envelope else { return "503 5.5.1 MAIL first\r\n" }
        guard let (address, parameters) = Self.path(rest, after: "TO:"), !address.isEmpty else {
            return "501 5.1.3 RCPT TO:<address>\r\n"
        }
        guard parameters.isEmpty else { return "555 5.5.4 Unknown parameter\r\n" }
        guard current.recipients.count < limits.recipients else { return "452 4.5.3 Too many recipients\r\n" }
        envelope?.recipients.append(address)
        return "250 2.1.5 Ok\r\n"
    }

    private mutating func startData(_ rest: Substring) -> String {
        guard rest.isEmpty else { return "501 5.5.4 DATA takes nothing\r\n" }
        guard let current = envelope else { return "503 5.5.1 MAIL first\r\n" }
        guard !current.recipients.isEmpty else { return "554 5.5.1 No recipient\r\n" }
        mode = .data
        place = .lineStart
        body = []
        bodyTooLong = false
        return "354 End with CRLF . CRLF\r\n"
    }

    private mutating func take(dataByte byte: UInt8, into events: inout [Event]) {
        switch (place, byte) {
        case (.lineStart, UInt8(ascii: ".")): place = .dot
        case (.dot, UInt8(ascii: "\r")): place = .dotCR
        case (.dotCR, UInt8(ascii: "\n")): endData(into: &events)
        case (.dotCR, _):
            keep(UInt8(ascii: "\r"))
            place = .carriageReturn
            take(dataByte: byte, into: &events)
        case (.carriageReturn, UInt8(ascii: "\n")):
            keep(byte)
            place = .lineStart
        default:
            keep(byte)
            place = byte == UInt8(ascii: "\r") ? .carriageReturn : .text
        }
    }

    private mutating func keep(_ byte: UInt8) {
        if body.count < limits.messageSize { body.append(byte) } else { bodyTooLong = true }
    }

    private mutating func endData(into events: inout [Event]) {
        mode = .command
        if bodyTooLong {
            events.append(.reply("552 5.3.4 Message too big\r\n"))
        } else if let envelope {
            events.append(.message(envelope, body))
        }
        envelope = nil
        body = []
    }

    /// `FROM:<a@b.example> SIZE=12` → the address and the parameters. Nil when it is not of this shape.
    private static func path(_ text: Substring, after word: String) -> (String, [Substring])? {
        guard text.prefix(word.count).uppercased() == word else { return nil }
        let rest = text.dropFirst(word.count).drop { $0 == " " }
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else { return nil }
        let address = rest[rest.index(after: rest.startIndex)..<end]
        let tail = rest[rest.index(after: end)...]
        guard !address.contains(where: { $0 == " " || $0 == "<" }), address.isEmpty || address.contains("@"),
            tail.isEmpty || tail.first == " "
        else { return nil }
        return (String(address), tail.split(separator: " "))
    }
}
