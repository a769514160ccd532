import Council
import Foundation
import Store
import TestSupport
import Testing

/// Random steps on the real queue and on the model; after each, both say the same.
@Suite("The queue does what its model does")
struct QueuePropertyTests {
    @Test("whatever happens in whatever order", arguments: 0..<16 as Range<UInt64>)
    func random(_ seed: UInt64) async throws {
        let test = try TestStorage()
        var run = try await QueueRun(test.storage, seed: seed)
        for _ in 0..<70 {
            try await run.step()
            try await run.compare()
        }
        try await run.compareJournal()
    }
}

private struct QueueRun {
    let storage: SQLiteStorage
    var model = QueueModel()
    var generator: SeededGenerator
    /// In whole milliseconds, as instants are stored.
    private var clock = Int64(Sample.now.timeIntervalSince1970) * 1000
    private var now: Date { Self.date(clock) }
    var lastStep = ""

    /// Two sittings, whose deadlines are five days apart; both are approved.
    init(_ storage: SQLiteStorage, seed: UInt64) async throws {
        self.storage = storage
        generator = SeededGenerator(seed: seed)
        _ = try await storage.replaceRoll(with: Sample.roll(9), source: Sample.hash("roll"), at: now)
        for day in ["2026-12-15", "2026-12-20"] {
            let sitting = try await storage.submit(Sample.draft(documents: [], day: day), at: now).sitting
            _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: now)
            for status in try await storage.status(of: sitting.id) {
                model.messages.append(
                    .init(convocation: status.id, sitting: sitting.id, deadline: sitting.draft.deadline, state: status.state))
            }
        }
        model.messages.sort { $0.convocation < $1.convocation }
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<20: try await compose(Int.random(in: 1...4, using: &generator))
        case ..<45: try await lease(Int.random(in: 0...5, using: &generator))
        case ..<75: try await record()
        case ..<80: try await recover()
        case ..<82: try await cancel()
        case ..<84: try await sendAgain()
        case ..<86: try await servePaper()
        default: passTime()
        }
    }

    private mutating func compose(_ count: Int) async throws {
        lastStep = "compose \(count)"
        let composed = try await storage.convocationsToCompose(limit: count).map { Sample.composed($0, at: now) }
        // The first one twice: it is skipped the second time.
        try await storage.store(composed + composed.prefix(1), at: now)
        for convocation in composed {
            guard let index = model.messages.firstIndex(where: { $0.convocation == convocation.id }) else { continue }
            model.compose(index, at: now)
            // Numbers are given in order.
            model.messages[index].id = MessageID(rawValue: (model.messages.compactMap { $0.id?.rawValue }.max() ?? 0) + 1)
        }
    }

    private mutating func lease(_ limit: Int) async throws {
        lastStep = "lease \(limit)"
        let leased = try await storage.lease(limit: limit, at: now)
        let wanted = model.lease(limit, at: now).map { model.messages[$0] }
        #expect(leased.map(\.id) == wanted.map(\.id), "\(lastStep)")
        #expect(leased.map(\.attempt) == wanted.map(\.attempt), "\(lastStep)")
        #expect(leased.map(\.firstAttemptAt) == wanted.map(\.firstAttempt), "\(lastStep)")
    }

    private mutating func record() async throws {
        let sent = model.messages.indices.filter { model.messages[$0].id != nil }
        var outcomes: [DeliveryOutcome] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard let index = sent.randomElement(using: &generator), let id = model.messages[index].id else { break }
            // Mostly the right attempt, sometimes a late or an imagined one.
            let attempt = model.messages[index].attempt + [0, 0, 0, -1, 1][Int.random(in: 0..<5, using: &generator)]
            let retryAt = Self.date(clock + Int64.random(in: 0..<800_000_000, using: &generator))
            let results: [DeliveryOutcome.Result] = [
                .accepted, .refused, .deferred(retryAt: retryAt), .unknown(retryAt: retryAt), .unknown(retryAt: nil),
                .postponed(until: retryAt),
            ]
            let result = results[Int.random(in: 0..<6, using: &generator)]
            outcomes.append(
                DeliveryOutcome(id: id, attempt: attempt, result: result, reply: "said", queueID: nil, relay: "127.0.0.1:25", at: now))
            model.record(index, attempt: attempt, result, at: now)
        }
        lastStep = "record \(outcomes)"
        try await storage.record(outcomes)
    }

    private mutating func recover() async throws {
        let policy: UnknownPolicy = Bool.random(using: &generator) ? .resend : .hold
        lastStep = "recover \(policy)"
        #expect(try await storage.recoverLeases(at: now, policy: policy) == model.recover(at: now, policy: policy))
    }

    private mutating func sendAgain() async throws {
        guard let index = model.messages.indices.randomElement(using: &generator) else { return }
        lastStep = "send again \(index)"
        let changed = try await storage.sendAgain(model.messages[index].convocation, by: "test", at: now)
        #expect(changed == model.sendAgain(index, at: now), "\(lastStep)")
    }

    private mutating func cancel() async throws {
        guard let sitting = model.messages.randomElement(using: &generator)?.sitting else { return }
        lastStep = "cancel \(sitting)"
        try await storage.cancel(sitting, by: "test", at: now)
        model.cancel(sitting)
    }

    private mutating func servePaper() async throws {
        guard let index = model.messages.indices.randomElement(using: &generator) else { return }
        let message = model.messages[index]
        lastStep = "paper \(message.convocation)"
        guard let status = try await storage.convocation(message.convocation), let sitting = try await storage.sitting(message.sitting)
        else { return }
        let day = min(CivilDate(of: now, in: Sample.zone), sitting.draft.when.date)
        if model.cancelled.contains(message.sitting) {
            let (member, state) = (status.member.id, StorageError.wrongState(message.sitting, .cancelled))
            await #expect(throws: state) {
                try await storage.recordPaperService(
                    PaperService(day: day, how: "posted"), of: member, in: message.sitting, correcting: true, zone: Sample.zone, at: now)
            }
        } else {
            // Another way of serving each time, so that each is recorded.
            let how = "posted, \(model.entries[.convocationPaper] ?? 0)"
            _ = try await storage.recordPaperService(
                PaperService(day: day, how: how), of: status.member.id, in: message.sitting, correcting: true, zone: Sample.zone, at: now)
            model.servePaper(index)
        }
    }

    private mutating func passTime() {
        let spans: [Int64] = [1, 60_000, 3_600_000, 86_400_000, 3 * 86_400_000]
        // One time in eight, the clock turns out to have been ahead.
        let sign: Int64 = Int.random(in: 0..<8, using: &generator) == 0 ? -1 : 1
        let milliseconds = sign * spans[Int.random(in: 0..<5, using: &generator)]
        lastStep = "\(milliseconds) ms pass"
        clock += milliseconds
    }

    private static func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    func compare() async throws {
        #expect(try await storage.queueCounts() == model.counts, "\(lastStep)")
        #expect(try await storage.nextDue() == model.nextDue, "\(lastStep)")
        for sitting in Set(model.messages.map(\.sitting)) {
            let states = try await storage.status(of: sitting).map { ($0.id, $0.state, $0.attempts) }.sorted { $0.0 < $1.0 }
            let wanted = model.messages.filter { $0.sitting == sitting }
            #expect(states.map(\.0) == wanted.map(\.convocation) && states.map(\.1) == wanted.map(\.state), "\(lastStep)")
            #expect(states.map(\.2) == wanted.map(\.attempt), "\(lastStep)")
        }
        var open: [SittingID: [ConvocationID]] = [:]
        for notice in try await storage.noticesToCompose(limit: 99) {
            guard case .undelivered(let sitting, let convocations) = notice.content else { continue }
            #expect(open.updateValue(convocations, forKey: sitting) == nil, "one notice a sitting, after \(lastStep)")
        }
        #expect(open == model.undelivered, "\(lastStep)")
    }

    func compareJournal() async throws {
        let audit = try await Audit(storage)
        let steps: [FactType] = [
            .convocationIssued, .convocationRelayed, .convocationDeferred, .convocationRepeated, .convocationFailed, .convocationPaper,
            .sittingCancelled,
        ]
        for type in steps { #expect(audit.count(type) == model.entries[type] ?? 0, "\(type)") }
        #expect(try await storage.lease(limit: 99, at: .distantFuture).isEmpty, "after the deadlines nothing leaves")
    }
}
