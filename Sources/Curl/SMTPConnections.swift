import CCurl
import Foundation
import Synchronization

/// Up to `count` connections to one relay, kept open between messages, all driven by one thread: it waits for whichever of them has
/// something to say. Opening one, which blocks, has a thread of its own. Connections open when there is work for them; a message goes
/// to the one that was used last, so that as few as possible are in use, and one that was idle for `idle` is closed.
package final class SMTPConnections: Sendable {
    private let post = SMTPPost()
    private let relay: SMTPRelay
    private let count: Int
    private let idle: Duration
    private let abort: AbortFlag

    /// Doesn't connect yet.
    ///
    /// - Parameter abort: ends what is under way within about a second, and whatever comes later at once.
    package init(_ relay: SMTPRelay, count: Int, idle: Duration, abort: AbortFlag = AbortFlag()) {
        precondition(count > 0, "a message needs a connection")
        self.relay = relay
        self.count = count
        self.idle = idle
        self.abort = abort
    }

    /// Idle connections say QUIT and end; a `send` under way holds the pool, so none is cut off.
    deinit { post.close() }

    /// Hands over one message and waits for the relay's reply. A kept connection that turns out to be closed is replaced once, before
    /// anything of the message has left. `mayLeave` is asked when the relay asks for the body, the last moment at which nothing has
    /// left: false ends the attempt there.
    ///
    /// A crash in here leaves an unknown outcome: the caller must have noted, durably, that the attempt began.
    ///
    /// - Parameter mayBegin: asked when its turn has come; false, and nothing is said of it.
    /// - Returns: nil: it wasn't to begin.
    package func send(
        _ parcel: SMTPParcel, mayBegin: @escaping @Sendable () -> Bool, mayLeave: @escaping @Sendable () -> Bool
    ) async -> SMTPAttempt? {
        await withCheckedContinuation { continuation in
            let isFirst = post.put(SMTPJob(parcel: parcel, mayBegin: mayBegin, mayLeave: mayLeave, continuation: continuation))
            guard isFirst else { return }
            SMTPPost.startThread("smtp") { [post, relay, count, idle, abort] in
                SMTPLoop(post, relay, count: count, idle: idle, abort: abort).run()
            }
        }
    }
}

extension SMTPConnections {
    /// One that begins in any case.
    package func send(_ parcel: SMTPParcel, mayLeave: @escaping @Sendable () -> Bool = { true }) async -> SMTPAttempt {
        await send(parcel, mayBegin: { true }, mayLeave: mayLeave) ?? SMTPAttempt(notStarted: .aborted)
    }
}

/// One message that someone waits for.
struct SMTPJob: Sendable {
    let parcel: SMTPParcel
    let mayBegin: @Sendable () -> Bool
    let mayLeave: @Sendable () -> Bool
    let continuation: CheckedContinuation<SMTPAttempt?, Never>
    /// It has met a kept connection that was dead: the next one is opened for it.
    var needsNewConnection = false
}

/// What the loop's thread is given by others.
final class SMTPPost: Sendable {
    struct News {
        var jobs: [SMTPJob] = []
        var opened: [(job: SMTPJob, result: Result<SMTPChannel, SMTPAttemptFailure>)] = []
    }

    private struct State {
        var news = News()
        var isClosed = false
        /// The thread has been started.
        var isServed = false
        /// The thread waits and must be woken.
        var isAsleep = false

        var hasNews: Bool { !news.jobs.isEmpty || !news.opened.isEmpty }
    }

    private let state = Mutex(State())
    /// A pipe. Readable: there is news.
    let bell: Int32
    private let rope: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe: the process is out of file descriptors")
        for end in ends {
            precondition(fcntl(end, F_SETFD, FD_CLOEXEC) == 0 && fcntl(end, F_SETFL, O_NONBLOCK) == 0, "a pipe refuses its settings")
        }
        (bell, rope) = (ends[0], ends[1])
    }

    deinit {
        Foundation.close(bell)
        Foundation.close(rope)
    }

    /// True: a thread is to be started for it.
    func put(_ job: SMTPJob) -> Bool {
        let (ring, isFirst) = state.withLock { state in
            state.news.jobs.append(job)
            defer { (state.isAsleep, state.isServed) = (false, true) }
            return (state.isAsleep, !state.isServed)
        }
        if ring { pull() }
        return isFirst
    }

    func put(opened result: Result<SMTPChannel, SMTPAttemptFailure>, for job: SMTPJob) {
        ring { $0.news.opened.append((job, result)) }
    }

    func close() { ring { $0.isClosed = true } }

    private func ring(_ change: @Sendable (inout State) -> Void) {
        let ring = state.withLock { state in
            change(&state)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if ring { pull() }
    }

    /// A full pipe rings as well.
    private func pull() { _ = withUnsafeBytes(of: UInt8(1)) { write(rope, $0.baseAddress, 1) } }

    /// What came since the last time, and whether nothing more is to come but what is being opened.
    func take() -> (News, isClosed: Bool) {
        state.withLock { state in
            defer { state.news = News() }
            return (state.news, state.isClosed)
        }
    }

    /// Before the thread waits. False: there is news.
    func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = !state.hasNews
            return state.isAsleep
        }
    }

    func wakeUp(isRung: Bool) {
        state.withLock { $0.isAsleep = false }
        guard isRung else { return }
        _ = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { Foundation.read(bell, $0.baseAddress, $0.count) }
    }

    static func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        // OpenSSL and the resolver need little; the default of 8 MiB a thread is address space for nothing.
        thread.stackSize = 1 << 20
        thread.start()
    }
}
