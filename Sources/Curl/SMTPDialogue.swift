/// The relay's side of one SMTP conversation, as its reply lines came in, and how far it got.
///
/// libcurl tells one failed code for a refused sender and a refused recipient alike; which command a reply answers follows
/// from the order of replies alone (RFC 5321 §3.3, §4.3.2).
package struct SMTPDialogue: Hashable, Sendable {
    /// A complete reply; several lines where the relay wrote several.
    package struct Reply: Hashable, Sendable {
        package let code: Int
        /// Each line with its code, without its line end, control characters replaced, at most 512 characters.
        package let lines: [String]

        package init(code: Int, lines: [String]) {
            self.code = code
            self.lines = lines
        }

        package var lastLine: String { lines.last ?? "" }

        func mapLines(_ transform: (String) -> String) -> Reply { Reply(code: code, lines: lines.map(transform)) }
    }

    /// Which step the relay has to answer next, or refused.
    package enum Stage: Int, Hashable, Sendable, Comparable, CaseIterable {
        case greeting
        case hello
        /// STARTTLS, AUTH or MAIL FROM.
        case sender
        case recipient
        case data
        /// 354 was seen: the body is asked for.
        case body
        /// The final reply is there.
        case answered

        package static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    package private(set) var replies: [Reply] = []
    private var open: [String] = []
    private var lines = 0

    package init() {}

    /// More lines than any honest conversation has.
    static let lineLimit = 1000

    /// Takes one line as it came. False: the relay talks without end, stop listening.
    package mutating func take(_ line: some Collection<UInt8>) -> Bool {
        lines += 1
        guard lines <= Self.lineLimit else { return false }
        let bytes = Array(line.prefix(1024))
        open.append(Self.text(bytes))
        if let code = Self.finalCode(bytes) {
            // 221 answers QUIT alone, which libcurl says when an attempt has failed.
            if code != 221 { replies.append(Reply(code: code, lines: open)) }
            open = []
        }
        return true
    }

    /// How far a conversation got whose connection was opened for it (`fresh`) or kept from the message before, and the reply
    /// that stopped it there: the final one, or a refusal (400 and above). Nil: it wasn't a reply that stopped it.
    package func end(fresh: Bool) -> (stage: Stage, reply: Reply?) {
        var stage: Stage = fresh ? .greeting : .sender
        var refusal: Reply?
        for reply in replies {
            switch (stage, reply.code) {
            case (.body, _): return (.answered, reply)
            // What follows is no longer about the message: libcurl says QUIT.
            case (.recipient, 400...), (.data, 400...): return (stage, reply)
            // Not the end yet: HELO may follow on EHLO, and AUTH LOGIN on AUTH PLAIN.
            case (_, 400...): refusal = reply
            case (.sender, 334): break
            default:
                refusal = nil
                stage = Self.next(after: stage, reply.code)
            }
        }
        return (stage, refusal)
    }

    /// What the relay offered in its last EHLO reply on a connection that was opened for this conversation; nil: it gave none.
    /// Each in upper case: `DSN`, `SIZE 10240000`, `AUTH PLAIN LOGIN`.
    package var capabilities: [String]? {
        var stage = Stage.greeting
        var found: [String]?
        for reply in replies where reply.code < 400 {
            if stage == .hello, (200..<300).contains(reply.code) {
                found = reply.lines.dropFirst().map { $0.dropFirst(4).uppercased() }
            }
            // AUTH's own questions and all after them are no EHLO.
            guard stage <= .sender else { break }
            if !(stage == .sender && reply.code == 334) { stage = Self.next(after: stage, reply.code) }
        }
        return found
    }

    private static func next(after stage: Stage, _ code: Int) -> Stage {
        switch (stage, code) {
        case (.greeting, 200..<300): .hello
        case (.hello, 200..<300): .sender
        // STARTTLS accepted: EHLO follows again.
        case (.sender, 220): .hello
        // AUTH done.
        case (.sender, 235): .sender
        case (.sender, 200..<300): .recipient
        case (.recipient, 200..<300): .data
        case (.data, 354): .body
        default: stage
        }
    }

    /// The final line of a reply is three digits and a space, or the bare digits that some servers send (RFC 5321 §4.2).
    static func finalCode(_ bytes: [UInt8]) -> Int? {
        let digits = bytes.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let rest = bytes.dropFirst(3)
        guard rest.first == UInt8(ascii: " ") || rest.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let end = bytes.lastIndex { $0 != 0x0D && $0 != 0x0A }.map { $0 + 1 } ?? 0
        let line = bytes[..<end]
        // Nearly all lines are plain: nothing to replace.
        if line.count <= 512, line.allSatisfy({ (0x20...0x7E).contains($0) }) { return String(decoding: line, as: UTF8.self) }
        let scalars = String(decoding: line, as: UTF8.self).unicodeScalars.prefix(512)
        return String(String.UnicodeScalarView(scalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
