import CCurl
import Foundation

/// One connection to a relay that stands, for its life: one message after the other, and what is left to say between them. It never
/// blocks: `SMTPLoop` tells it when there is something to read, or room to write.
///
/// To a relay that takes commands in one breath, the next message's commands go with the final dot of the one before (RFC 2920 §5.1),
/// so that a message costs one round trip. Nothing is risked by it: a body leaves after its own 354 alone.
///
/// The final dot given to the system is where doubt begins: from then on the relay may have the message, whatever comes.
/// A crash in here leaves the same doubt for whatever `mayLeave` was asked about.
///
/// `@unchecked`: made on the thread that opened the connection, handed over once, and then used by the loop's thread alone.
final class SMTPChannel: @unchecked Sendable {
    private enum State {
        case idle
        /// A message is under way.
        case busy
        /// A command was refused: so many replies are to come, then RSET's before the next message, or the end.
        case settling(unanswered: Int, isKept: Bool)
        /// QUIT was said.
        case quitting
        case closed
    }

    private struct Delivery {
        let job: SMTPJob
        var transaction: SMTPTransaction
        /// The connection was opened for it.
        let isFresh: Bool
        /// Its commands went with the final dot of the one before.
        var wasSaidBehindADot = false
    }

    /// What a message's sender gets to know.
    typealias Ended = (job: SMTPJob, attempt: SMTPAttempt)

    private let handle: EasyHandle
    let socket: Int32
    private let relay: SMTPRelay
    private let idle: Duration
    private let offered: SMTPCapabilities
    private let tls: TLSDetails?

    private var state = State.idle
    /// When what it waits for has taken too long; while it is idle: when it has been so long enough.
    private(set) var deadline = ContinuousClock.now
    private var current: Delivery?
    /// What was said behind the current one's final dot.
    private var following: Delivery?
    /// The message whose commands were said in vain, as the connection came to its end. Nothing else of it has left.
    private(set) var abandoned: SMTPJob?
    /// It waited for the answer to what was said behind a final dot, and none came.
    private(set) var lostWhatFollowed = false
    /// Those whose messages have ended since they were last asked for.
    private var endings: [Ended] = []
    /// What was said while the connection was opened, for the first message's record.
    private var heard: SMTPDialogue?
    private var bodyHandedOver = false
    private var outbox = SMTPOutbox()
    private var inbox = SMTPInbox()

    /// A relay that answered the message before has read what followed it.
    private static let followingPatience = Duration.seconds(5)

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
    var isBusy: Bool { current != nil }
    /// The loop has something to tell, or to begin anew.
    var isToBeSwept: Bool { isClosed || !endings.isEmpty }
    var hasToWrite: Bool { !outbox.isEmpty }

    /// Which messages have ended since this was last asked.
    func takeEndings() -> [Ended] {
        defer { endings = [] }
        return endings
    }

    /// Only on one that is idle.
    func begin(_ job: SMTPJob, at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        let delivery = Delivery(job: job, transaction: transaction(job, after: heard ?? SMTPDialogue()), isFresh: heard != nil)
        heard = nil
        current = delivery
        state = .busy
        bodyHandedOver = false
        say(delivery.transaction.opening, at: now)
        write(at: now, more)
    }

    private func transaction(_ job: SMTPJob, after dialogue: SMTPDialogue) -> SMTPTransaction {
        SMTPTransaction(job.parcel, offered: offered, reports: relay.reports, after: dialogue)
    }

    /// Writes as much as there is room for. `more` is asked for the message that is to follow.
    func write(at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        while true {
            outbox.refill { follow(more) }
            guard !outbox.isEmpty else { return }
            // A record with the dot in it may leave although the next one can't.
            if tls != nil, outbox.isAtDot { bodyHandedOver = true }
            switch outbox.next.withUnsafeBytes({ handle.send($0) }) {
            case .moved(let count):
                deadline = now + relay.responseTimeout
                guard outbox.wrote(count) else { continue }
                bodyHandedOver = true
                // A reply may have come before.
                if !inbox.isEmpty { takeLines(at: now, more) }
            case .wouldBlock: return
            case .closed: return lost(CurlFault(CURLE_SEND_ERROR), at: now)
            case .failed(let fault): return lost(fault, at: now)
            }
        }
    }

    private func follow(_ more: () -> SMTPJob?) -> String? {
        guard offered.takesPipelines, let job = more() else { return nil }
        let delivery = Delivery(job: job, transaction: transaction(job, after: SMTPDialogue()), isFresh: false, wasSaidBehindADot: true)
        following = delivery
        return delivery.transaction.opening
    }

    /// Reads what there is.
    func read(at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        while true {
            let (result, isAll) = receive()
            switch result {
            case .moved:
                takeLines(at: now, more)
                if isAll || isClosed { return }
            case .wouldBlock: return
            case .closed: return gone(CurlFault(CURLE_RECV_ERROR, words: "the relay closed the connection"))
            case .failed(let fault): return gone(fault)
            }
        }
    }

    /// Into the inbox. `isAll`: nothing more can be waiting.
    private func receive() -> (EasyHandle.Moved, isAll: Bool) {
        let (result, isFull) = inbox.fill { handle.receive(into: $0) }
        // OpenSSL may hold more of a record than was asked for.
        return (result, tls == nil && !isFull)
    }

    private func takeLines(at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        // A relay that accepts what it hasn't seen the end of isn't heard yet; one that refuses it, at once.
        while !isClosed, !outbox.hasBody || inbox.isRefusal, let line = inbox.takeLine() { take(line, at: now, more) }
        if inbox.isEndless { gone(CurlFault(CURLE_WEIRD_SERVER_REPLY, words: "the relay's reply has no end")) }
    }

    private func take(_ line: [UInt8], at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        switch state {
        case .busy: proceed(current?.transaction.take(line) ?? .listen, at: now, more)
        case .settling(let unanswered, let isKept): settle(line, unanswered, isKept, at: now)
        // It says goodbye, or anything: nobody asked.
        case .idle, .quitting: close()
        case .closed: break
        }
    }

    private func proceed(_ next: SMTPTransaction.Next, at now: ContinuousClock.Instant, _ more: () -> SMTPJob?) {
        switch next {
        case .listen: break
        case .goOn: deadline = now + relay.responseTimeout
        case .say(let command):
            say(command, at: now)
            write(at: now, more)
        case .body:
            guard let job = current?.job, job.mayLeave() else { return gone(.aborted) }
            outbox.begin(job.parcel.message)
            write(at: now, more)
        case .answered: answered(at: now)
        case .refused(let unanswered): refused(unanswered: unanswered, at: now)
        case .nonsense(let words): gone(CurlFault(CURLE_WEIRD_SERVER_REPLY, words: words))
        }
    }

    private func answered(at now: ContinuousClock.Instant) {
        let isKept = bodyHandedOver && lastCode != 421
        end(nil, kept: isKept)
        guard isKept else { return close() }
        bodyHandedOver = false
        current = following
        following = nil
        if isBusy { deadline = now + min(Self.followingPatience, relay.responseTimeout) } else { rest(at: now) }
    }

    private func refused(unanswered: Int, at now: ContinuousClock.Instant) {
        let isGoodbye = lastCode == 421
        // A recipient's refusal says nothing of the next one. Any other is the relay's, or the line's: a new connection comes later.
        let isKept = !isGoodbye && current.map { $0.transaction.dialogue.end(fresh: $0.isFresh).stage } == .recipient
        end(nil, kept: isKept)
        if isGoodbye { close() } else { settle(unanswered: unanswered, isKept: isKept, at: now) }
    }

    private var lastCode: Int? { current?.transaction.dialogue.replies.last?.code }

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
        write(at: now) { nil }
    }

    /// Its time is over: a message ends without an answer, or nobody needs the connection any more.
    func expire(at now: ContinuousClock.Instant) {
        switch state {
        case .busy:
            // What it said while the body was on its way.
            if outbox.hasBody { readLast(at: now) }
            if let waiting = current, waiting.wasSaidBehindADot, waiting.transaction.dialogue.replies.isEmpty {
                lostWhatFollowed = true
                (current, following) = (nil, waiting)
            }
            gone(CurlFault(CURLE_OPERATION_TIMEDOUT, words: "no reply within \(relay.responseTimeout.components.seconds) s"))
        case .idle: quit(at: now)
        case .settling, .quitting: close()
        case .closed: break
        }
    }

    func abort() { gone(.aborted) }

    /// Says QUIT, and waits a moment for the answer. Not while a message is under way.
    func quit(at now: ContinuousClock.Instant) {
        switch state {
        case .idle, .settling: break
        case .busy, .quitting, .closed: return
        }
        state = .quitting
        say("QUIT\r\n", at: now)
        write(at: now) { nil }
        deadline = now + .seconds(2)
    }

    private func rest(at now: ContinuousClock.Instant) {
        // It has said more than it was asked.
        guard inbox.isEmpty else { return close() }
        state = .idle
        deadline = now + idle
    }

    /// Nothing can be written any more. What the relay said before it closed is worth more than the fault.
    private func lost(_ fault: CurlFault, at now: ContinuousClock.Instant) {
        readLast(at: now)
        gone(fault)
    }

    private func readLast(at now: ContinuousClock.Instant) {
        while !isClosed, case (.moved, _) = receive() { takeLines(at: now, { nil }) }
    }

    /// The connection is over; so is what was under way.
    private func gone(_ fault: CurlFault) {
        end(fault, kept: false)
        close()
    }

    private func end(_ fault: CurlFault?, kept: Bool) {
        guard let delivery = current else { return }
        let attempt = SMTPAttempt(
            fault: fault, of: delivery.transaction.dialogue, isFresh: delivery.isFresh, bodyHandedOver: bodyHandedOver, isKept: kept,
            tls: tls, reportsAsked: offered.takesDSN && relay.reports != .none, redact: relay.redaction(token: delivery.job.parcel.token))
        current = nil
        endings.append((delivery.job, attempt))
    }

    private func close() {
        guard !isClosed else { return }
        state = .closed
        abandoned = following?.job
        following = nil
        outbox.drop()
    }

    private func say(_ text: String, at now: ContinuousClock.Instant) {
        outbox.say(text)
        deadline = now + relay.responseTimeout
    }
}
