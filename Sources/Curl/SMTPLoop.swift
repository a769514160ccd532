import Foundation

/// The thread of `SMTPConnections`: all that is done with a connection that stands is done here, nothing of it blocks.
final class SMTPLoop {
    private let post: SMTPPost
    private let relay: SMTPRelay
    private let count: Int
    private let idle: Duration
    private let abort: AbortFlag
    private var channels: [SMTPChannel] = []
    private var opening = 0
    private var waiting: [SMTPJob] = []
    private var watched: [pollfd] = []
    /// False: this relay has lost what was said behind a final dot.
    private var followsDots = true

    /// How often it looks whether it is to stop, while something is under way.
    private static let attention = Duration.milliseconds(250)

    init(_ post: SMTPPost, _ relay: SMTPRelay, count: Int, idle: Duration, abort: AbortFlag) {
        self.post = post
        self.relay = relay
        self.count = count
        self.idle = idle
        self.abort = abort
    }

    /// Until the pool is gone and the relay has heard QUIT.
    func run() {
        while true {
            let (news, isClosed) = post.take()
            let now = ContinuousClock.now
            waiting += news.jobs
            for (job, result) in news.opened { opened(result, for: job, at: now) }
            for channel in channels where channel.deadline <= now { channel.expire(at: now) }
            if abort.isRaised { abortAll() }
            repeat {
                sweep()
                assign(at: now)
            } while channels.contains(where: \.isToBeSwept)
            if isClosed, waiting.isEmpty, opening == 0 {
                for channel in channels { channel.quit(at: now) }
            }
            if isClosed, waiting.isEmpty, opening == 0, channels.allSatisfy(\.isClosed) { return }
            listen(since: now)
        }
    }

    // MARK: - Messages

    private func opened(_ result: Result<SMTPChannel, SMTPAttemptFailure>, for job: SMTPJob, at now: ContinuousClock.Instant) {
        opening -= 1
        switch result {
        case .success(let channel):
            channels.append(channel)
            channel.begin(job, at: now, more)
        case .failure(let failure): job.continuation.resume(returning: failure.attempt)
        }
    }

    /// Also what meets a dead connection while it is assigned: it stands in line again.
    private func assign(at now: ContinuousClock.Instant) {
        while let job = first() {
            if !job.needsNewConnection, let channel = channels.filter(\.isIdle).max(by: { $0.deadline < $1.deadline }) {
                waiting.removeFirst()
                channel.begin(job, at: now, more)
            } else if channels.count(where: { !$0.isClosed }) + opening < count {
                waiting.removeFirst()
                open(for: job)
            } else {
                // Room for a new connection, where there is none.
                if job.needsNewConnection { channels.first(where: \.isIdle)?.quit(at: now) }
                return
            }
        }
    }

    /// The next in line that may begin still.
    private func first() -> SMTPJob? {
        while let job = waiting.first {
            if job.mayBegin() { return job }
            waiting.removeFirst()
            job.continuation.resume(returning: nil)
        }
        return nil
    }

    /// The message that is to follow on a connection whose body is about to end.
    private func more() -> SMTPJob? {
        guard followsDots, let job = first(), !job.needsNewConnection else { return nil }
        return waiting.removeFirst()
    }

    /// Tells those whose messages have ended. What was said behind a message on a connection that is over begins anew, on another.
    private func sweep() {
        for channel in channels { for ended in channel.takeEndings() { finish(ended) } }
        for channel in channels where channel.isClosed {
            if channel.lostWhatFollowed { followsDots = false }
            guard var job = channel.abandoned else { continue }
            job.needsNewConnection = true
            waiting.insert(job, at: 0)
        }
        channels.removeAll(where: \.isClosed)
    }

    private func open(for job: SMTPJob) {
        opening += 1
        SMTPPost.startThread("smtp opening") { [post, relay, idle, abort] in
            post.put(opened: SMTPOpening.open(relay, idle: idle, token: job.parcel.token, abort: abort), for: job)
        }
    }

    private func finish(_ ended: SMTPChannel.Ended) {
        var job = ended.job
        if ended.attempt.hitStaleConnection, !job.needsNewConnection, !abort.isRaised {
            job.needsNewConnection = true
            waiting.insert(job, at: 0)
        } else {
            job.continuation.resume(returning: ended.attempt)
        }
    }

    private func abortAll() {
        for channel in channels { channel.abort() }
        sweep()
        for job in waiting { job.continuation.resume(returning: SMTPAttempt(notStarted: .aborted)) }
        waiting = []
    }

    // MARK: - Waiting

    private func listen(since now: ContinuousClock.Instant) {
        watched.removeAll(keepingCapacity: true)
        watched.append(pollfd(fd: post.bell, events: Int16(POLLIN), revents: 0))
        for channel in channels {
            watched.append(pollfd(fd: channel.socket, events: Int16(channel.hasToWrite ? POLLIN | POLLOUT : POLLIN), revents: 0))
        }
        let found = poll(&watched, nfds_t(watched.count), post.fallAsleep() ? patience(at: now) : 0)
        post.wakeUp(isRung: found > 0 && watched[0].revents != 0)
        guard found > 0 else { return }
        let then = ContinuousClock.now
        for (channel, seen) in zip(channels, watched.dropFirst()) where seen.revents != 0 {
            if seen.revents & Int16(POLLOUT) != 0 { channel.write(at: then, more) }
            if seen.revents & ~Int16(POLLOUT) != 0, !channel.isClosed { channel.read(at: then, more) }
        }
    }

    /// Milliseconds; -1: until the bell rings.
    private func patience(at now: ContinuousClock.Instant) -> Int32 {
        var wait = channels.map { $0.deadline - now }.min()
        if opening > 0 || !waiting.isEmpty || channels.contains(where: \.isBusy) { wait = min(wait ?? Self.attention, Self.attention) }
        return wait.map { Int32(max(0, min(60_000, ($0 / .milliseconds(1)).rounded(.up)))) } ?? -1
    }
}
