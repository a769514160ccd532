import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

@Suite("The ledger's writer, as a process of its own,")
struct LedgerFaultTests {
    /// Beside the running test program.
    private static func probe() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("LedgerProbe").path
    }

    private struct Ended {
        let status: Int32
        /// The largest checkpoint that it said to be published.
        let published: UInt64
        let text: String
    }

    private func run(_ ledger: LedgerFixture, entries: Int, step: Int, wrapper: [String] = []) async throws -> Ended {
        let scratch = try TemporaryFolder()
        let words = wrapper + [try Self.probe(), ledger.dataFolder.path, "\(entries)", "\(step)"]
        let process = try ChildProcess(words[0], Array(words.dropFirst()), output: scratch["said"])
        let status = try await aside { process.wait() }
        let text = String(decoding: try Data(contentsOf: scratch["said"]), as: UTF8.self)
        let sizes = text.split(separator: "\n").filter { $0.hasPrefix("checkpoint ") }.compactMap { UInt64($0.dropFirst(11)) }
        return Ended(status: status, published: sizes.max() ?? 0, text: text)
    }

    /// Anyone's view after whatever happened: the published checkpoint is whole, never smaller than one seen before, and the
    /// beginning of the one after it (every earlier checkpoint is kept and its root found again by the audit).
    private func look(_ ledger: LedgerFixture, after last: UInt64, _ what: String) async throws -> UInt64 {
        let published = try ledger.published()
        #expect(published?.size ?? 0 >= last, "\(what): the checkpoint has shrunk")
        let report = try await ledger.strangersAudit()
        #expect(report.findings == [], "\(what): \(report.findings.prefix(5))")
        if let published, published.size > last { try ledger.anchor() }
        return published?.size ?? 0
    }

    @Test("killed with signal 9 three hundred times at its steps, loses nothing, forks nothing, and starts again")
    func killed() async throws {
        let ledger = try LedgerFixture()
        var generator = SeededGenerator(seed: 4)
        var size: UInt64 = 0
        var kills = 0
        var attempts = 0
        while kills < 300 {
            attempts += 1
            try #require(attempts < 600)
            let ended = try await run(
                ledger, entries: Int.random(in: 1...9, using: &generator), step: Int.random(in: 1...40, using: &generator))
            if ended.status == 128 + SIGKILL { kills += 1 } else { #expect(ended.status == 0, "\(ended.text)") }
            size = max(size, ended.published)
            // What it said to be published is.
            #expect(try ledger.published()?.size ?? 0 >= size)
            if attempts % 10 == 0 { size = try await look(ledger, after: size, "after \(kills) kills") }
        }
        let end = try await run(ledger, entries: 1, step: 0)
        #expect(end.status == 0 && end.text.hasSuffix("end\n"), "\(end.text)")
        _ = try await look(ledger, after: size, "at the end")
        try await ledger.expectClean(try await ledger.storage.journalSize())
    }

    @Test(
        "meeting a disk that is full or failing at any of its calls, publishes nothing half and goes on when it is mended",
        arguments: [
            "fsync:error=EIO", "fdatasync:error=EIO", "rename:error=ENOSPC", "write:error=ENOSPC", "openat:error=ENOSPC",
            "pwrite64:error=EIO",
        ])
    func failing(_ fault: String) async throws {
        let ledger = try LedgerFixture()
        _ = try await run(ledger, entries: 6, step: 0)
        var size: UInt64 = 0
        var failures = 0
        let call = fault.prefix { $0 != ":" }
        for number in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] {
            // Faults begin with the n-th call and stay, as on a disk that is full.
            let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(fault):when=\(number)+"]
            let ended = try await run(ledger, entries: 8, step: 0, wrapper: wrapper)
            // Where writing fails it can't say so either.
            if ended.text.contains("fault ") || call == "write" && ended.status == 1 { failures += 1 }
            size = try await look(ledger, after: max(size, ended.published), "\(fault), call \(number)")
            let mended = try await run(ledger, entries: 2, step: 0)
            #expect(mended.status == 0, "\(fault), call \(number): \(mended.text)")
            size = try await look(ledger, after: max(size, mended.published), "\(fault), call \(number), mended")
        }
        #expect(failures > 0, "the fault was met")
        try await ledger.expectClean(try await ledger.storage.journalSize())
    }
}
