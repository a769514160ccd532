import Council
import Foundation
import Store
import Synchronization

/// A real store whose writes fail on command, as they do when the disk is full.
final class FailingStorage: RollStorage, SittingStorage, AmendmentStorage, CopyListStorage {
    struct DiskFull: Error {}

    private let real: SQLiteStorage
    let fails = Mutex(false)

    init(real: SQLiteStorage) { self.real = real }

    private func check() throws { if fails.withLock({ $0 }) { throw DiskFull() } }

    func replaceRoll(with entries: [RollEntry], source: ContentHash, at now: Date) async throws -> RollChange {
        try check()
        return try await real.replaceRoll(with: entries, source: source, at: now)
    }

    func replaceCopies(with entries: [CopyEntry], at now: Date) async throws -> CopiesChange {
        try check()
        return try await real.replaceCopies(with: entries, at: now)
    }

    func submit(_ draft: SittingDraft, at now: Date) async throws -> Submission {
        try check()
        return try await real.submit(draft, at: now)
    }

    func approve(_ id: SittingID, revision: Int?, by: String, at now: Date) async throws -> Approval {
        try check()
        return try await real.approve(id, revision: revision, by: by, at: now)
    }

    func cancel(_ id: SittingID, by: String, at now: Date) async throws -> Cancellation? {
        try check()
        return try await real.cancel(id, by: by, at: now)
    }

    func recordPaperService(
        _ service: PaperService, of member: MemberID, in sitting: SittingID, correcting: Bool, zone: TimeZone, at now: Date
    ) async throws -> PaperRecording {
        try check()
        return try await real.recordPaperService(service, of: member, in: sitting, correcting: correcting, zone: zone, at: now)
    }

    func post(_ notice: NoticeContent, at now: Date) async throws {
        try check()
        try await real.post(notice, at: now)
    }

    func members(of body: BodyID?) async throws -> [Member] { try await real.members(of: body) }
    func sitting(_ id: SittingID) async throws -> Sitting? { try await real.sitting(id) }
    func successor(of id: SittingID) async throws -> Sitting? { try await real.successor(of: id) }
    func sittings() async throws -> [Sitting] { try await real.sittings() }
    func status(of id: SittingID) async throws -> [ConvocationStatus] { try await real.status(of: id) }
    func convocation(_ id: ConvocationID) async throws -> ConvocationStatus? { try await real.convocation(id) }
    func remind(_ id: SittingID, at now: Date) async throws -> Int {
        try check()
        return try await real.remind(id, at: now)
    }

    func amendments(of id: SittingID) async throws -> [StoredAmendment] { try await real.amendments(of: id) }
    func untold(of id: SittingID) async throws -> [ConvocationStatus] { try await real.untold(of: id) }
    func approveAmendment(of id: SittingID, revision: Int?, by: String, at now: Date) async throws -> AmendmentApproval {
        try check()
        return try await real.approveAmendment(of: id, revision: revision, by: by, at: now)
    }

    func sendAgain(_ id: ConvocationID, by: String, at now: Date) async throws -> Bool {
        try await real.sendAgain(id, by: by, at: now)
    }
}
