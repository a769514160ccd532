import Foundation
import Synchronization

/// A small SMTP server on loopback that behaves as a test asks: politely by default, and rudely where the test's `manner`
/// answers for it. It counts what it really took, which is what matters when a reply is lost.
package final class RudeServer: Sendable {
    /// Where in the conversation it is.
    package enum Step: Hashable, Sendable {
        case greeting
        case hello
        case startTLS
        case mail(String)
        case recipient(String)
        case data
        /// The final dot has come.
        case message(Message)
        case other(String)
    }

    package struct Moment: Sendable {
        /// Counted from 1.
        package let connection: Int
        package let step: Step
    }

    package enum Action: Sendable {
        /// Sent with CRLF added.
        case reply(String)
        case raw([UInt8])
        /// Keeps the message: it is delivered, whatever is said next.
        case take
        /// Does something else, for instance to the client's process.
        case perform(@Sendable () -> Void)
        /// Loses what has come behind what it answers.
        case forget
        /// Neither speaks nor closes until the client does.
        case hang
        case close
    }

    package struct Message: Hashable, Sendable {
        package let sender: String
        package let recipient: String
        /// CRLF, without dot-stuffing.
        package let bytes: [UInt8]

        /// The Message-ID header's value without brackets; empty where there is none.
        package var messageID: String {
            let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
            guard let start = text.range(of: "Message-ID: <", options: .caseInsensitive) else { return "" }
            return String(text[start.upperBound...].prefix { $0 != ">" })
        }
    }

    /// Nil: politely.
    package typealias Manner = @Sendable (Moment) -> [Action]?

    private struct State {
        var sockets: Set<Int32> = []
        var connections = 0
        var taken: [Message] = []
        var stopped = false
    }

    package let port: Int
    private let listener: Int32
    private let manner: Manner
    private let offersPipelining: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - port: 0: a free one.
    ///   - offersPipelining: EHLO's reply has it as well, whoever gives it (RFC 2920).
    package init(port: Int = 0, offersPipelining: Bool = false, _ manner: @escaping Manner = { _ in nil }) throws {
        (listener, self.port) = try Loopback.listen(port: port)
        self.manner = manner
        self.offersPipelining = offersPipelining
        Thread.detachNewThread { self.acceptAll() }
    }

    /// What it took, in order.
    package var taken: [Message] { state.withLock { $0.taken } }
    /// How many connections it has seen.
    package var connections: Int { state.withLock { $0.connections } }

    /// Closes everything. Tests call it when they end: the listening thread holds the server.
    package func stop() {
        state.withLock { state in
            guard !state.stopped else { return }
            state.stopped = true
            // The threads close their sockets when they see the end.
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    private func acceptAll() {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { break }
            let number: Int? = state.withLock { state in
                guard !state.stopped else { return nil }
                state.sockets.insert(socket)
                state.connections += 1
                return state.connections
            }
            guard let number else {
                close(socket)
                break
            }
            Thread.detachNewThread {
                var conversation = RudeConversation(socket: socket) {
                    self.actions(Moment(connection: number, step: $0))
                } take: { message in
                    self.state.withLock { $0.taken.append(message) }
                }
                conversation.run()
                self.state.withLock { state in
                    state.sockets.remove(socket)
                    Loopback.end(socket)
                }
            }
        }
        close(listener)
    }

    private func actions(_ moment: Moment) -> [Action] {
        let actions = manner(moment) ?? Self.polite(moment.step)
        guard offersPipelining, moment.step == .hello else { return actions }
        return actions.flatMap { action in
            if case .reply(let line) = action, line.hasPrefix("250 ") { [.reply("250-PIPELINING"), action] } else { [action] }
        }
    }

    package static func polite(_ step: Step) -> [Action] {
        switch step {
        case .greeting: [.reply("220 rude.test ESMTP")]
        case .hello: [.reply("250-rude.test"), .reply("250-SIZE 52428800"), .reply("250 ENHANCEDSTATUSCODES")]
        case .startTLS: [.reply("502 5.5.1 no TLS here")]
        case .mail, .recipient: [.reply("250 2.1.0 Ok")]
        case .data: [.reply("354 End data with <CR><LF>.<CR><LF>")]
        case .message: [.take, .reply("250 2.0.0 Ok: queued as RUDE0001")]
        case .other(let line) where line.uppercased() == "QUIT": [.reply("221 2.0.0 Bye"), .close]
        case .other: [.reply("250 2.0.0 Ok")]
        }
    }
}

/// One connection's conversation, on a thread of its own.
private struct RudeConversation {
    let socket: Int32
    let actions: (RudeServer.Step) -> [RudeServer.Action]
    let take: (RudeServer.Message) -> Void
    private var buffer: [UInt8] = []
    private var sender = ""
    private var recipient = ""

    init(
        socket: Int32, actions: @escaping (RudeServer.Step) -> [RudeServer.Action], take: @escaping (RudeServer.Message) -> Void
    ) {
        self.socket = socket
        self.actions = actions
        self.take = take
    }

    mutating func run() {
        guard answer(.greeting) else { return }
        while let bytes = line() {
            guard answer(step(String(decoding: bytes, as: UTF8.self))) else { return }
        }
    }

    private mutating func step(_ line: String) -> RudeServer.Step {
        let upper = line.uppercased()
        if upper.hasPrefix("EHLO") || upper.hasPrefix("HELO") { return .hello }
        if upper.hasPrefix("STARTTLS") { return .startTLS }
        if upper.hasPrefix("MAIL FROM:") {
            sender = Self.address(line)
            return .mail(line)
        }
        if upper.hasPrefix("RCPT TO:") {
            recipient = Self.address(line)
            return .recipient(line)
        }
        return upper == "DATA" ? .data : .other(line)
    }

    private static func address(_ line: String) -> String {
        String(line.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" })
    }

    /// False: the connection is over.
    private mutating func answer(_ step: RudeServer.Step) -> Bool {
        var asked = false
        for action in actions(step) {
            switch action {
            case .reply(let text):
                asked = step == .data && text.hasPrefix("354")
                guard Loopback.send(Array((text + "\r\n").utf8), to: socket) else { return false }
            case .raw(let bytes):
                guard Loopback.send(bytes, to: socket) else { return false }
            case .take:
                if case .message(let message) = step { take(message) }
            case .perform(let body): body()
            case .forget: buffer = []
            case .hang:
                while Loopback.receive(from: socket) != nil {}
                return false
            case .close: return false
            }
        }
        guard asked else { return true }
        guard let message = body() else { return false }
        return answer(.message(message))
    }

    private mutating func body() -> RudeServer.Message? {
        var bytes: [UInt8] = []
        while let line = line() {
            if line == [UInt8(ascii: ".")] { return RudeServer.Message(sender: sender, recipient: recipient, bytes: bytes) }
            bytes += line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]
            bytes += [0x0D, 0x0A]
        }
        return nil
    }

    /// One line without its CRLF; nil: closed.
    private mutating func line() -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                var line = Array(buffer[..<end])
                buffer.removeSubrange(...end)
                if line.last == 0x0D { line.removeLast() }
                return line
            }
            searched = buffer.count
            guard let more = Loopback.receive(from: socket) else { return nil }
            buffer += more
        }
    }
}
