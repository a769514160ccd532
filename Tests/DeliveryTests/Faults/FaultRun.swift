import Council
import Foundation
import Store
import TestSupport
import Testing

/// One data folder whose sending process is killed again and again while both its relays misbehave. Its queue holds
/// convocations of several sittings, reminders, cancellations and mails to the clerk; one sitting is cancelled half-way.
struct FaultRun: Sendable {
    let policy: UnknownPolicy
    let seed: UInt64
    var firstFailsAtTLS = false
    /// How often it is killed.
    let blows: Int

    /// How fast the process's clock goes: a pause of a minute is a tenth of a second.
    static let speed = 600.0

    /// What it came to, for the checks.
    struct Result: Sendable {
        let test: TestStorage
        let policy: UnknownPolicy
        let script: FaultScript
        /// What each relay took, and what the journal calls it.
        let relays: [(address: String, taken: [RudeServer.Message])]
        let messages: [String: OutgoingMessage]
        let sittings: [SittingID]
        let cancelled: SittingID
        let blows: [Blow: Int]
    }

    func run() async throws -> Result {
        let script = FaultScript(seed: seed, firstFailsAtTLS: firstFailsAtTLS)
        let first = try RudeServer(script.manner(ofRelay: 0))
        let second = try RudeServer(script.manner(ofRelay: 1))
        defer {
            first.stop()
            second.stop()
        }
        var work = try await FaultWork()
        let began = ContinuousClock.now
        func now() -> Date { work.start + Self.speed * ((ContinuousClock.now - began) / .seconds(1)) }
        let ports = "\(first.port)\(firstFailsAtTLS ? "s" : ""),\(second.port)"
        var fell: [Blow: Int] = [:]
        var turn = Int(seed)
        while fell.values.reduce(0, +) < blows {
            let blow = Blow.allCases[turn % Blow.allCases.count]
            turn += 1
            if try await process(blow, ports, work.test, now(), script, [first, second]) {
                fell[blow, default: 0] += 1
            } else {
                // The queue was empty before it fell.
                try await work.convene(at: now())
            }
            if fell.values.reduce(0, +) == blows / 2 { try await work.cancel(at: now()) }
            try await work.tidy(policy, script, at: now())
        }
        // What is left goes its way; then the clerk says nothing more, and every deadline passes.
        repeat {
            let isEmpty = try await !process(nil, ports, work.test, now(), script, [first, second])
            #expect(isEmpty)
        } while try await work.tidy(policy, script, at: now())
        script.behave()
        #expect(try await !process(nil, ports, work.test, work.end, script, [first, second]))
        return Result(
            test: work.test, policy: policy, script: script,
            relays: [first, second].map { ("127.0.0.1:\($0.port)", $0.taken) }, messages: work.messages, sittings: work.sittings,
            cancelled: work.cancelled, blows: fell)
    }

    /// Runs the process until it is killed (true), or until its queue is empty (false).
    private func process(
        _ blow: Blow?, _ ports: String, _ test: TestStorage, _ now: Date, _ script: FaultScript, _ servers: [RudeServer]
    ) async throws -> Bool {
        script.arm(blow)
        let output = test.folder["probe.out"]
        let before = servers.map(\.connections).reduce(0, +)
        let probe = try ChildProcess(
            try CrashTests.probe().path,
            [test.folder.url.path, ports, "2", "\(now.timeIntervalSince1970)", "\(Self.speed)", policy.rawValue, "1"], output: output)
        script.victim.name(probe)
        defer { script.victim.name(nil) }
        if blow == .sending { _ = await eventually(within: .seconds(5)) { servers.map(\.connections).reduce(0, +) > before } }
        if blow == .starting || blow == .sending {
            try await Task.sleep(for: .microseconds(script.random(0..<(blow == .starting ? 250_000 : 60_000))))
            script.victim.kill()
        }
        let status = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: probe.wait()) }
        }
        if status == 0 { return false }
        let said = try String(contentsOf: output, encoding: .utf8)
        try #require(status == 128 + SIGKILL, "\(said)")
        return true
    }
}

/// What is to be sent in a fault run, and what the clerk does meanwhile.
struct FaultWork {
    let test: TestStorage
    private(set) var messages: [String: OutgoingMessage] = [:]
    private(set) var sittings: [SittingID] = []
    /// The one that is cancelled half-way.
    let cancelled: SittingID
    let start = Sample.now + 3_600
    /// After every deadline.
    let end = Sample.now + 300 * 86_400
    private var number = 0

    private var storage: SQLiteStorage { test.storage }

    init() async throws {
        test = try TestStorage()
        _ = try await test.storage.replaceRoll(with: Sample.roll(30), source: Sample.hash("membres.csv"), at: Sample.now)
        // Two sittings whose convocations have left: one's members are reminded, the other's are told that it doesn't take place.
        let reminded = try await Self.approve(0, in: test)
        let announced = try await Self.approve(1, in: test)
        try await test.composeAll()
        try await test.relayAll()
        _ = try await test.storage.remind(reminded, at: Sample.now)
        _ = try await test.storage.cancel(announced, by: "test", at: Sample.now)
        cancelled = try await Self.approve(2, in: test)
        number = 3
        sittings = [cancelled]
        try await compose(at: Sample.now)
        try await convene(at: Sample.now)
        for notice in 0..<8 { try await storage.post(.rejected(name: "Séance \(notice)", reason: "illisible"), at: Sample.now) }
        for notice in try await storage.noticesToCompose(limit: 100) {
            let message = Self.message(.alarm, "a.\(notice.id.rawValue)", to: Sample.email("greffe@aurence.example"), until: nil)
            messages[message.messageID] = message
            try await storage.close(notice.id, with: [message], links: [], at: Sample.now)
        }
        try await composeLetters(at: Sample.now)
    }

    /// One more sitting, its convocations in the queue.
    mutating func convene(at now: Date) async throws {
        sittings.append(try await Self.approve(number, in: test, at: now))
        number += 1
        try await compose(at: now)
    }

    mutating func cancel(at now: Date) async throws { _ = try await storage.cancel(cancelled, by: "test", at: now) }

    /// What the composing stage and the clerk do beside: letters are made; of what is held, half is sent again by the clerk's word.
    /// Whether there is anything new to send.
    @discardableResult
    mutating func tidy(_ policy: UnknownPolicy, _ script: FaultScript, at now: Date) async throws -> Bool {
        var isMore = try await composeLetters(at: now)
        guard policy == .hold else { return isMore }
        for sitting in sittings {
            for status in try await storage.status(of: sitting) where status.isHeld && status.attempts == 1 {
                guard status.id.rawValue.isMultiple(of: 2) else { continue }
                isMore = try await storage.sendAgain(status.id, by: "clerk", at: now) || isMore
            }
        }
        return isMore
    }

    private mutating func compose(at now: Date) async throws {
        for composed in try await test.composeAll(at: now) { messages[composed.message.messageID] = composed.message }
    }

    @discardableResult
    private mutating func composeLetters(at now: Date) async throws -> Bool {
        let wanted = try await storage.lettersToCompose(limit: 1_000)
        let letters = wanted.map { letter in
            ComposedLetter(
                id: letter.id,
                message: Self.message(
                    letter.kind.messageKind, "l.\(letter.id)", to: letter.member.entry.email ?? Sample.email("personne@aurence.example"),
                    until: letter.sitting.draft.start))
        }
        for letter in letters { messages[letter.message.messageID] = letter.message }
        try await storage.store(letters, at: now)
        return !letters.isEmpty
    }

    private static func approve(_ number: Int, in test: TestStorage, at now: Date = Sample.now) async throws -> SittingID {
        // Each on a day of its own, from Tuesday 2027-01-05 on.
        let day = Sample.now.addingTimeInterval(Double(42 + number) * 86_400).formatted(.iso8601.year().month().day())
        let sitting = try await test.storage.submit(Sample.draft(documents: test.makeDocuments(1), day: day), at: now).sitting
        _ = try await test.storage.approve(sitting.id, revision: nil, by: "test", at: now)
        return sitting.id
    }

    private static func message(_ kind: MessageKind, _ name: String, to recipient: EmailAddress, until deadline: Date?) -> OutgoingMessage {
        let messageID = "\(name).test@aurence.example"
        let bytes = Array("Message-ID: <\(messageID)>\r\nTo: \(recipient)\r\nSubject: \(kind.rawValue)\r\n\r\n.\r\nBonjour.\r\n".utf8)
        return OutgoingMessage(
            kind: kind, messageID: messageID, envelopeSender: Sample.email("assemblees@aurence.example"), recipient: recipient,
            bytes: bytes, hash: Sample.hash(bytes), deadline: deadline)
    }
}
