import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Several processes over one database", .timeLimit(.minutes(15)))
struct ProcessTests {
    @Test("two processes and this one click every link at once: each receipt is there once, the journal has no gap")
    func clicks() async throws {
        let folder = try TemporaryFolder()
        let storage = try TestStorage.open(folder.url)
        _ = try await storage.sampleApproved(members: 60, documents: Sample.documents(3))
        let composed = try await storage.composeAll()
        async let first = ProbeProcess.run(["click", folder.url.path, "1"])
        async let second = ProbeProcess.run(["click", folder.url.path, "2"])
        var own: [String] = []
        for link in composed.flatMap({ $0.links.dropLast() }) {
            let access = Access(link: link.id, at: Sample.now, grade: .person, signals: [], document: nil)
            if try await storage.record(access) == .recorded { own.append("\(link.id)") }
        }
        let runs = try await [first, second]
        for run in runs { #expect(run.status == 0 && run.lines("access").count == composed.count * 4, "\(run.errors)") }
        let recorded = own + runs.flatMap { $0.lines("access") }.filter { $0[2] == "recorded" }.map { $0[0] }
        #expect(recorded.count == composed.count * 4 && Set(recorded).count == recorded.count)
        #expect(try await Audit(storage).count(.receiptOpened) == recorded.count)
    }

    @Test("what another process commits wakes who waits")
    func wakes() async throws {
        let folder = try TemporaryFolder()
        let storage = try TestStorage.open(folder.url)
        async let posted = ProbeProcess.run(["post", folder.url.path, "1", "1"])
        let start = ContinuousClock.now
        await storage.awaitWork(.composition, timeout: .seconds(600))
        #expect(ContinuousClock.now - start < .seconds(590))
        #expect(try await storage.noticesToCompose(limit: 9).count == 1)
        #expect(try await posted.lines == [["posted", "0"]])
    }

    @Test("a second service is told which process has the folder; a killed one leaves it free")
    func lock() async throws {
        let folder = try TemporaryFolder()
        let output = try TemporaryFolder()
        let said = output["said"]
        let process = try ChildProcess(try ProbeProcess.program(), ["hold", folder.url.path], output: said, holdsInput: true)
        // Its line comes when it has the lock.
        try await said.says("held \(process.pid)\n")
        #expect(throws: DataFolderLockError.held(folder: folder.url.path, by: process.pid)) {
            _ = try DataFolderLock(folder: folder.url)
        }
        process.kill(SIGKILL)
        try await aside { _ = process.wait() }
        let lock = try DataFolderLock(folder: folder.url)
        #expect(throws: DataFolderLockError.held(folder: folder.url.path, by: getpid())) { _ = try DataFolderLock(folder: folder.url) }
        withExtendedLifetime(lock) {}
    }
}
