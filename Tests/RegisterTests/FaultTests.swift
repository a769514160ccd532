import Council
import Curl
import Foundation
import Register
import Store
import Synchronization
import TestSupport
import Testing

/// A real storage that can stop answering.
final class FailingStorage: JournalStorage, AnchorStorage, RegisterStorage, AmendmentStorage {
    struct DiskFault: Error {}

    private let storage: SQLiteStorage
    private let isBroken = Mutex(false)

    init(_ storage: SQLiteStorage) { self.storage = storage }

    func set(broken: Bool) { isBroken.withLock { $0 = broken } }

    private func check() throws { if isBroken.withLock({ $0 }) { throw DiskFault() } }

    func journalSize() async throws -> UInt64 {
        try check()
        return try await storage.journalSize()
    }
    func journal(from: UInt64, limit: Int) async throws -> [JournalRow] {
        try check()
        return try await storage.journal(from: from, limit: limit)
    }
    func journal(matching query: JournalQuery) async throws -> [JournalRow] {
        try check()
        return try await storage.journal(matching: query)
    }
    func openings(of seqs: [UInt64]) async throws -> [Opening] {
        Issue.record("the register has no business with openings")
        return []
    }
    func checkpoint() async throws -> StoredCheckpoint? {
        try check()
        return try await storage.checkpoint()
    }
    func replaceCheckpoint(_ old: StoredCheckpoint?, with new: StoredCheckpoint) async throws -> Bool {
        Issue.record("the register writes nothing")
        return false
    }
    func doubt() async throws -> String? { try await storage.doubt() }
    func setDoubt(_ reason: String?) async throws { Issue.record("the register writes nothing") }
    func save(_ anchors: [AnchorRecord]) async throws { Issue.record("the register writes nothing") }
    func anchorsDue(at now: Date) async throws -> [AnchorRecord] { try await storage.anchorsDue(at: now) }
    func anchors(of size: UInt64?) async throws -> [AnchorRecord] {
        try check()
        return try await storage.anchors(of: size)
    }
    func untoldAnchors() async throws -> [UInt64] {
        try check()
        return try await storage.untoldAnchors()
    }
    func newestChainAnchor() async throws -> AnchorRecord? {
        try check()
        return try await storage.newestChainAnchor()
    }
    func publicSittings() async throws -> [PublicSitting] {
        try check()
        return try await storage.publicSittings()
    }
    func publicSitting(_ id: SittingID) async throws -> PublicSitting? {
        try check()
        return try await storage.publicSitting(id)
    }
    func amendments(of id: SittingID) async throws -> [StoredAmendment] {
        try check()
        return try await storage.amendments(of: id)
    }
    func approveAmendment(of id: SittingID, revision: Int?, by: String, at now: Date) async throws -> AmendmentApproval {
        Issue.record("the register writes nothing")
        return .tooLate(start: now)
    }
    func untold(of id: SittingID) async throws -> [ConvocationStatus] {
        Issue.record("the register has no business with who was told")
        return []
    }
}

@Suite("When the store doesn't answer")
struct FaultTests {
    @Test func `pages say so with 503 and come back by themselves; the ledger's files need no store`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.publish()
        let storage = FailingStorage(site.store.storage)
        try await site.serve(reading: storage) { reader in
            let paths = ["/", "/en", "/seances/\(sitting.id)", "/verifier", "/verifier?empreinte=\(Sample.hash("x").hex)"]
            for path in paths { #expect(try await reader.get(path).status == 200) }
            storage.set(broken: true)
            for path in paths {
                let answer = try await reader.get(path)
                #expect(
                    answer.status == 503 && answer.header("Retry-After") == "30" && answer.header("Cache-Control") == "no-store", "\(path)")
                #expect(!answer.text.contains("DiskFault"))
                let verdict = try await aside { try Tool.judge("web_page.py", [path == "/en" ? "en" : "fr"], input: answer.body) }
                #expect(verdict.status == 0, "\(verdict.text)")
            }
            let health = try await reader.get("/sante")
            #expect(health.status == 503 && health.text == "unavailable\n")
            #expect(try await reader.get("/ledger/checkpoint").status == 200)
            storage.set(broken: false)
            for path in paths { #expect(try await reader.get(path).status == 200) }
            #expect(try await reader.get("/sante").status == 200)
        }
    }
}
