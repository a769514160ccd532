import Council
import Foundation
import Store
import TestSupport
import Testing

/// The system calls themselves, as `strace` sees them.
@Suite("What reaches the disk, and what the disk refuses", .timeLimit(.minutes(15)))
struct SyncTests {
    @Test("between two acknowledgements the log is synced")
    func synced() async throws {
        let folder = try TemporaryFolder()
        _ = try TestStorage.open(folder.url)
        let trace = folder["trace"]
        let run = try await ProbeProcess.run(
            ["post", folder.url.path, "20", "1"],
            wrapper: ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-s", "64", "-o", trace.path])
        #expect(run.lines("posted").count == 20, "\(run.errors)")
        var synced = false
        var acknowledged = 0
        for line in try String(contentsOf: trace, encoding: .utf8).split(separator: "\n") {
            if line.contains("sync("), line.contains("appariteur.db-wal") { synced = true }
            guard line.contains("write(1<"), line.contains("posted ") else { continue }
            acknowledged += 1
            #expect(synced, "acknowledged before it was synced: \(line)")
            synced = false
        }
        #expect(acknowledged == 20)
    }

    @Test("a sync that fails is an error to every caller of it, and the journal stays whole", arguments: ["EIO", "ENOSPC"], [1, 8])
    func failingSync(_ fault: String, _ width: Int) async throws {
        let folder = try TemporaryFolder()
        let before = try await TestStorage.open(folder.url).sampleDraft(documents: Sample.documents(2))
        let run = try await ProbeProcess.run(
            ["post", folder.url.path, "400", "\(width)"],
            wrapper: [
                "strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=\(fault):when=10..12",
            ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(!run.lines("failed").isEmpty, "no fault was injected")
        #expect(run.lines("posted").count + run.lines("failed").count == 400, "everyone is answered")
        let storage = try TestStorage.open(folder.url)
        let names = try await Self.rejected(storage)
        #expect(Set(names).count == names.count)
        for posted in run.lines("posted") { #expect(names.contains(posted[0]), "acknowledged, then lost") }
        #expect(try await storage.sitting(before.id) == before)
        try await Audit(storage)
    }

    @Test("a full disk is an error to every caller, and what was there stays", arguments: [1, 8])
    func full(_ width: Int) async throws {
        let folder = try TemporaryFolder()
        let before = try await TestStorage.open(folder.url).sampleDraft(documents: Sample.documents(2))
        let run = try await ProbeProcess.run(
            ["post", folder.url.path, "400", "\(width)"],
            wrapper: ["strace", "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=25..40"])
        #expect(run.status == 0, "\(run.errors)")
        let failed = run.lines("failed")
        #expect(!failed.isEmpty && failed.allSatisfy { $0.contains("full") }, "\(failed)")
        let storage = try TestStorage.open(folder.url)
        #expect(try await storage.sitting(before.id) == before)
        #expect(try await Set(Self.rejected(storage)) == Set(run.lines("posted").map { $0[0] }))
        try await Audit(storage)
    }

    private static func rejected(_ storage: any Storage) async throws -> [String] {
        try await storage.noticesToCompose(limit: 999).compactMap { notice in
            if case .rejected(let name, _) = notice.content { name } else { nil }
        }
    }
}
