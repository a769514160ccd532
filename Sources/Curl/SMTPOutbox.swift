/// What is to be written to a relay: commands, or a body piece by piece with what follows it.
struct SMTPOutbox {
    private var bytes: [UInt8] = []
    private var written = 0
    private var body: Body?
    /// Where the final dot's line ends in `bytes`; nil: it isn't in there.
    private var dotEnd: Int?

    private struct Body {
        let message: MailBytes
        /// How much of it is in `bytes`, or was.
        var put = 0
    }

    /// How much of a body is held twice.
    private static let piece = 64 << 10

    var isEmpty: Bool { written == bytes.count }
    /// The final dot isn't written yet.
    var hasBody: Bool { body != nil }
    /// The final dot is among what is written next.
    var isAtDot: Bool { dotEnd != nil }

    var next: ArraySlice<UInt8> { bytes[written...] }

    mutating func say(_ text: String) {
        bytes.removeAll(keepingCapacity: true)
        written = 0
        bytes += text.utf8
    }

    mutating func begin(_ message: MailBytes) {
        bytes.removeAll(keepingCapacity: true)
        written = 0
        body = Body(message: message)
        dotEnd = nil
    }

    /// Once what is there is written: the body's next piece, with a dot before each that begins a line (RFC 5321 §4.5.2). After the last
    /// piece come the final dot and what `following` has to say behind it.
    mutating func refill(following: () -> String?) {
        guard isEmpty, var body, dotEnd == nil else { return }
        bytes.removeAll(keepingCapacity: true)
        written = 0
        let all = body.message.bytes
        let end = min(body.put + Self.piece, all.count)
        if body.message.hasLeadingDots {
            body.message.appendStuffed(body.put..<end, to: &bytes)
        } else {
            bytes += all[body.put..<end]
        }
        body.put = end
        self.body = body
        guard end == all.count else { return }
        // The message ends with CRLF.
        bytes += ".\r\n".utf8
        dotEnd = bytes.count
        if let more = following() { bytes += more.utf8 }
    }

    /// True: with these the final dot was written.
    mutating func wrote(_ count: Int) -> Bool {
        written += count
        guard let dotEnd, written >= dotEnd else { return false }
        self.dotEnd = nil
        body = nil
        return true
    }

    mutating func drop() { self = SMTPOutbox() }
}
