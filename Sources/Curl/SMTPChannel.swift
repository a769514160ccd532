import CCurl
import Foundation

/// One connection to a relay that stands, for its life: one message after the other, and what is left to say between them. It never
/// blocks: `SMTPLoop` tells it when there is something to read, or room to write.
///
/// The body's last byte given to the system is where doubt begins: from then on the relay may have the message, whatever comes.
/// A crash in here leaves the same doubt for whatever `mayLeave` was asked about.
///
/// `@unchecked`: made on the thread that opened the connection, handed over once, and then used by the loop's thread alone.
final class SMTPChannel: @unchecked Sendable {
    enum State {
        case idle
        /// A message is under way.
        case busy
        /// A command was refused: so many replies are to come, then RSET's before the next message, or the end.
        case settling(unanswered: Int, isKept: Bool)
        /// QUIT was said.
        case quitting
        case closed
    }

    /// What a job got to know when it ended.
    typealias Ended = (job: SMTPJob, attempt: SMTPAttempt)

    private let handle: EasyHandle
    let socket: Int32
    private let relay: SMTPRelay
    private let idle: Duration
    private let offered: SMTPCapabilities
    private let tls: TLSDetails?

    private(set) var state = State.idle
    /// When what it waits for has taken too long; while it is idle: when it has been so long enough.
    private(set) var deadline = ContinuousClock.now
    private var job: SMTPJob?
    private var transaction: SMTPTransaction?
    /// What was said while the connection was opened, for the first message's record.
    private var heard: SMTPDialogue?
    private var isFresh = true

    /// What is to be written, from `written` on.
    private var outbox: [UInt8] = []
    private var written = 0
    /// What of the body has been put into the outbox; nil: it isn't on its way. The final dot comes with its end.
    private var bodyPut: Int?
    private var bodyHandedOver = false
    /// A line that hasn't ended yet, or lines that it is too early for.
    private var inbox: [UInt8] = []

    /// A reply's line can't be longer.
    private static let lineLimit = 64 << 10
    /// How much of a body is held twice.
    private static let piece = 64 << 10

    init(_ handle: consuming EasyHandle, socket: Int32, relay: SMTPRelay, idle: Duration, heard: SMTPDialogue, tls: TLSDetails?) {
        self.handle = handle
        self.idle = idle
        self.socket = socket
        self.relay = relay
        self.heard = heard
        self.tls = tls
        offered = SMTPCapabilities(heard.capabilities)
    }

    var isIdle: Bool { if case .idle = state { true } else { false } }
    var isClosed: Bool { if case .closed = state { true } else { false } }
    var isBusy: Bool { job != nil }
    var hasToWrite: Bool { written < outbox.count }

    // MARK: - One message

    /// Only on one that is idle. What comes of it, if it ends at once.
    func begin(_ job: SMTPJob, at now: ContinuousClock.Instant) -> Ended? {
        let transaction = SMTPTransaction(job.parcel, offered: offered, reports: relay.reports, after: heard ?? SMTPDialogue())
        isFresh = heard != nil
        heard = nil
        self.job = job
        self.transaction = transaction
        state = .busy
        bodyPut = nil
        bodyHandedOver = false
        say(transaction.opening, at: now)
        return write(at: now)
    }

    /// Writes as much as there is room for.
    func write(at now: ContinuousClock.Instant) -> Ended? {
        while true {
            if !hasToWrite { putMoreOfBody() }
            guard hasToWrite else { return nil }
            switch outbox.withUnsafeBytes({ handle.send(UnsafeRawBufferPointer(rebasing: $0[written...])) }) {
            case .moved(let count):
                written += count
                deadline = now + relay.responseTimeout
                if !hasToWrite, bodyPut == job?.parcel.message.bytes.count { return tookAll(at: now) }
            case .wouldBlock: return nil
            case .closed: return lost(CurlFault(CURLE_SEND_ERROR), at: now)
            case .failed(let fault): return lost(fault, at: now)
            }
        }
    }

    /// The final dot is the system's to send. A reply may have come before it.
    private func tookAll(at now: ContinuousClock.Instant) -> Ended? {
        bodyPut = nil
        bodyHandedOver = true
        return inbox.isEmpty ? nil : takeLines(at: now)
    }

    /// Reads what there is.
    func read(at now: ContinuousClock.Instant) -> Ended? {
        while true {
            let (result, isAll) = receive()
            switch result {
            case .moved:
                if let ended = takeLines(at: now) { return ended }
                if isAll || isClosed { return nil }
            case .wouldBlock: return nil
            case .closed: return gone(CurlFault(CURLE_RECV_ERROR, words: "the relay closed the connection"))
            case .failed(let fault): return gone(fault)
            }
        }
    }

    /// Into the inbox. `isAll`: nothing more can be waiting.
    private func receive() -> (EasyHandle.Moved, isAll: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
            let result = handle.receive(into: buffer)
            guard case .moved(let count) = result else { return (result, true) }
            inbox += buffer[..<count]
            // OpenSSL may hold more of a record than was asked for.
            return (result, tls == nil && count < buffer.count)
        }
    }

    private func takeLines(at now: ContinuousClock.Instant) -> Ended? {
        var ended: Ended?
        while !isClosed, let end = inbox.firstIndex(of: 0x0A) {
            // A relay that accepts what it hasn't seen the end of: not yet. One that refuses it: at once.
            if bodyPut != nil, let first = inbox.first, first < UInt8(ascii: "4") { return ended }
            let line = Array(inbox[...end])
            inbox.removeSubrange(...end)
            // What follows the reply to a message is about the connection, or nobody asked for it.
            ended = take(line, at: now) ?? ended
        }
        guard inbox.count <= Self.lineLimit else {
            return ended ?? gone(CurlFault(CURLE_WEIRD_SERVER_REPLY, words: "the relay's reply has no end"))
        }
        return ended
    }

    private func take(_ line: [UInt8], at now: ContinuousClock.Instant) -> Ended? {
        switch state {
        case .busy: return proceed(transaction?.take(line) ?? .listen, at: now)
        case .settling(let unanswered, let isKept): settle(line, unanswered, isKept, at: now)
        case .idle:
            // It says goodbye, or anything: nobody asked.
            close()
        case .quitting: close()
        case .closed: break
        }
        return nil
    }

    private func proceed(_ next: SMTPTransaction.Next, at now: ContinuousClock.Instant) -> Ended? {
        switch next {
        case .listen: return nil
        case .goOn:
            deadline = now + relay.responseTimeout
            return nil
        case .say(let command):
            say(command, at: now)
            return write(at: now)
        case .body:
            guard let job, job.mayLeave() else { return gone(.aborted) }
            bodyPut = 0
            return write(at: now)
        case .answered:
            let ended = end(nil, kept: bodyHandedOver && lastCode != 421)
            if bodyHandedOver, lastCode != 421 { rest(at: now) } else { close() }
            return ended
        case .refused(let unanswered):
            let isGoodbye = lastCode == 421
            // A recipient's refusal says nothing of the next one. Any other is the relay's, or the line's: a new connection comes later.
            let isKept = ended(at: .recipient) && !isGoodbye
            let ended = end(nil, kept: isKept)
            guard !isGoodbye else {
                close()
                return ended
            }
            settle(unanswered: unanswered, isKept: isKept, at: now)
            return ended
        case .nonsense(let words): return gone(CurlFault(CURLE_WEIRD_SERVER_REPLY, words: words))
        }
    }

    private func ended(at stage: SMTPDialogue.Stage) -> Bool { transaction?.dialogue.end(fresh: isFresh).stage == stage }

    private var lastCode: Int? { transaction?.dialogue.replies.last?.code }

    /// Between a refusal and the next message. 354 to a DATA that was said before the refusal was known: there is nothing to send, so
    /// that only the connection's end is left.
    private func settle(_ line: [UInt8], _ unanswered: Int, _ isKept: Bool, at now: ContinuousClock.Instant) {
        guard let code = SMTPDialogue.finalCode(line) else { return }
        guard code != 354, code != 421 else { return close() }
        if unanswered > 0 {
            settle(unanswered: unanswered - 1, isKept: isKept, at: now)
        } else if (200..<300).contains(code) {
            rest(at: now)
        } else {
            quit(at: now)
        }
    }

    private func settle(unanswered: Int, isKept: Bool, at now: ContinuousClock.Instant) {
        state = .settling(unanswered: unanswered, isKept: isKept)
        guard unanswered == 0 else { return }
        guard isKept else { return quit(at: now) }
        say("RSET\r\n", at: now)
        _ = write(at: now)
    }

    // MARK: - Its ends

    /// Its time is over: a message ends without an answer, or nobody needs the connection any more.
    func expire(at now: ContinuousClock.Instant) -> Ended? {
        switch state {
        case .busy:
            // What it said while the body was on its way.
            if bodyPut != nil, let ended = readLast(at: now) { return ended }
            return gone(
                CurlFault(CURLE_OPERATION_TIMEDOUT, words: "no reply within \(relay.responseTimeout.components.seconds) s"))
        case .idle: quit(at: now)
        case .settling, .quitting: close()
        case .closed: break
        }
        return nil
    }

    func abort() -> Ended? { gone(.aborted) }

    /// Says QUIT, and waits a moment for the answer; whatever it is doing otherwise ends here.
    func quit(at now: ContinuousClock.Instant) {
        guard isIdle || isSettling else { return }
        state = .quitting
        say("QUIT\r\n", at: now)
        deadline = now + .seconds(2)
        _ = write(at: now)
        deadline = now + .seconds(2)
    }

    private var isSettling: Bool { if case .settling = state { true } else { false } }

    private func rest(at now: ContinuousClock.Instant) {
        // It has said more than it was asked.
        guard inbox.isEmpty else { return close() }
        state = .idle
        deadline = now + idle
    }

    /// Nothing can be written any more. What the relay said before it closed is worth more than the fault.
    private func lost(_ fault: CurlFault, at now: ContinuousClock.Instant) -> Ended? { readLast(at: now) ?? gone(fault) }

    private func readLast(at now: ContinuousClock.Instant) -> Ended? {
        while case (.moved, _) = receive() {
            if let ended = takeLines(at: now) {
                close()
                return ended
            }
            if isClosed { return nil }
        }
        return nil
    }

    /// The connection is over; so is what was under way.
    private func gone(_ fault: CurlFault) -> Ended? {
        let ended = isBusy ? end(fault, kept: false) : nil
        close()
        return ended
    }

    private func end(_ fault: CurlFault?, kept: Bool) -> Ended? {
        guard let job, let transaction else { return nil }
        let redact = relay.redaction(token: job.parcel.token)
        let attempt = SMTPAttempt(
            fault: fault, of: transaction.dialogue, isFresh: isFresh,
            bodyHandedOver: bodyHandedOver, isKept: kept, tls: tls, reportsAsked: offered.takesDSN && relay.reports != .none,
            redact: redact)
        self.job = nil
        self.transaction = nil
        return (job, attempt)
    }

    private func close() {
        state = .closed
        outbox = []
        written = 0
    }

    // MARK: - What is written

    private func say(_ text: String, at now: ContinuousClock.Instant) {
        outbox.removeAll(keepingCapacity: true)
        written = 0
        outbox += text.utf8
        deadline = now + relay.responseTimeout
    }

    /// The body's next piece, with a dot before each that begins a line (RFC 5321 §4.5.2), and after the last piece the final one.
    private func putMoreOfBody() {
        guard let put = bodyPut, let message = job?.parcel.message, put < message.bytes.count else { return }
        outbox.removeAll(keepingCapacity: true)
        written = 0
        let end = min(put + Self.piece, message.bytes.count)
        if message.hasLeadingDots {
            message.appendStuffed(put..<end, to: &outbox)
        } else {
            outbox += message.bytes[put..<end]
        }
        bodyPut = end
        // The message ends with CRLF.
        if end == message.bytes.count { outbox += ".\r\n".utf8 }
    }
}
