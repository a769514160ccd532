import Council
import Foundation
import Reception
import Store
import Synchronization

/// A real storage that counts what is asked of it, and that can be made to fail as a full disk would.
final class WatchedStorage: ReceptionStorage {
    enum Failing {
        case nothing
        case writes
        case everything
    }

    struct DiskFull: Error {}

    private struct State {
        var reads = 0
        var writes = 0
        var failing = Failing.nothing
    }

    private let storage: any ReceptionStorage
    private let state = Mutex(State())

    init(_ storage: any ReceptionStorage) { self.storage = storage }

    func copyCounts(of sitting: SittingID) async throws -> CopyCounts { try await storage.copyCounts(of: sitting) }

    func copyRecipients(of body: BodyID?) async throws -> [CopyRecipient] { try await storage.copyRecipients(of: body) }

    var calls: Int { state.withLock { $0.reads + $0.writes } }
    var writes: Int { state.withLock(\.writes) }

    func fail(_ failing: Failing) { state.withLock { $0.failing = failing } }

    private func read() throws {
        try state.withLock {
            $0.reads += 1
            if $0.failing == .everything { throw DiskFull() }
        }
    }

    private func write() throws {
        try state.withLock {
            $0.writes += 1
            if $0.failing != .nothing { throw DiskFull() }
        }
    }

    func link(_ id: UInt64) async throws -> LinkContext? {
        try read()
        return try await storage.link(id)
    }

    func record(_ access: Access) async throws -> AccessResult {
        try write()
        return try await storage.record(access)
    }

    func downgradeReceipts(of convocation: ConvocationID, since: Date, signals: [String], at now: Date) async throws -> Int {
        try write()
        return try await storage.downgradeReceipts(of: convocation, since: since, signals: signals, at: now)
    }

    func letterReceipts(among seqs: [UInt64]) async throws -> [UInt64: LetterKind] { try await storage.letterReceipts(among: seqs) }

    func revokeLinks(of convocation: ConvocationID, at now: Date) async throws {
        try write()
        try await storage.revokeLinks(of: convocation, at: now)
    }

    func replaceRoll(with entries: [RollEntry], source: ContentHash, at now: Date) async throws -> RollChange {
        try write()
        return try await storage.replaceRoll(with: entries, source: source, at: now)
    }

    func members(of body: BodyID?) async throws -> [Member] {
        try read()
        return try await storage.members(of: body)
    }

    func submit(_ draft: SittingDraft, at now: Date) async throws -> Submission {
        try write()
        return try await storage.submit(draft, at: now)
    }

    func sitting(_ id: SittingID) async throws -> Sitting? {
        try read()
        return try await storage.sitting(id)
    }

    func successor(of id: SittingID) async throws -> Sitting? { try await storage.successor(of: id) }

    func sittings() async throws -> [Sitting] {
        try read()
        return try await storage.sittings()
    }

    func approve(_ id: SittingID, revision: Int?, by: String, at now: Date) async throws -> Approval {
        try write()
        return try await storage.approve(id, revision: revision, by: by, at: now)
    }

    func cancel(_ id: SittingID, by: String, at now: Date) async throws -> Cancellation? {
        try write()
        return try await storage.cancel(id, by: by, at: now)
    }

    func status(of id: SittingID) async throws -> [ConvocationStatus] {
        try read()
        return try await storage.status(of: id)
    }

    func remind(_ id: SittingID, at now: Date) async throws -> Int {
        try write()
        return try await storage.remind(id, at: now)
    }

    func sendAgain(_ id: ConvocationID, by: String, at now: Date) async throws -> Bool {
        try write()
        return try await storage.sendAgain(id, by: by, at: now)
    }
    func convocation(_ id: ConvocationID) async throws -> ConvocationStatus? {
        try read()
        return try await storage.convocation(id)
    }

    func recordPaperService(
        _ service: PaperService, of member: MemberID, in sitting: SittingID, correcting: Bool, zone: TimeZone, at now: Date
    ) async throws -> PaperRecording {
        try write()
        return try await storage.recordPaperService(service, of: member, in: sitting, correcting: correcting, zone: zone, at: now)
    }

    func post(_ notice: NoticeContent, at now: Date) async throws {
        try write()
        try await storage.post(notice, at: now)
    }

    func amendments(of id: SittingID) async throws -> [StoredAmendment] {
        try read()
        return try await storage.amendments(of: id)
    }

    func untold(of id: SittingID) async throws -> [ConvocationStatus] {
        try read()
        return try await storage.untold(of: id)
    }

    func approveAmendment(of id: SittingID, revision: Int?, by: String, at now: Date) async throws -> AmendmentApproval {
        try write()
        return try await storage.approveAmendment(of: id, revision: revision, by: by, at: now)
    }
}
