import Council
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// The process that delivers is killed (SIGKILL) at every point of a conversation and at random moments, and started again.
/// Whatever was lost with it: every message is taken at least once, always with the same bytes, and each copy beyond the
/// first has an entry in the journal that says so.
@Suite("Killed while sending", .serialized)
struct CrashTests {
    enum Point: String, Sendable, CaseIterable {
        case greeting, mail, recipient, data, beforeTaking, afterTaking, afterReply
    }

    /// The process to kill; none while there is none.
    final class Victim: Sendable {
        private let process = Mutex<ChildProcess?>(nil)
        private let kills = Mutex(0)

        var killed: Int { kills.withLock { $0 } }
        func name(_ new: ChildProcess?) { process.withLock { $0 = new } }
        func kill() {
            kills.withLock { $0 += 1 }
            process.withLock { $0?.kill(SIGKILL) }
        }
    }

    /// Starts the probe until it ends by itself: then the queue is empty.
    static func deliver(_ rig: Rig, port: Int, victim: Victim, duringRun: (Int) async throws -> Void = { _ in }) async throws {
        for run in 0..<200 {
            let output = rig.test.folder["probe.out"]
            let probe = try ChildProcess(
                try probe().path, [rig.test.folder.url.path, "\(port)", "3", "\(rig.clock.now.timeIntervalSince1970)"], output: output)
            victim.name(probe)
            try await duringRun(run)
            let status = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: probe.wait()) }
            }
            victim.name(nil)
            if status == 0 { return }
            let said = try String(contentsOf: output, encoding: .utf8)
            try #require(status == 128 + SIGKILL, "\(said)")
        }
        Issue.record("the queue was not empty after 200 runs")
    }

    /// Beside the tests' own binary.
    static func probe() throws -> URL {
        let here = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let found = [here, here.deletingLastPathComponent(), Tool.repository.appendingPathComponent(".build/debug")]
            .map { $0.appendingPathComponent("DeliveryProbe") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        return try #require(found)
    }

    static func check(_ rig: Rig, _ server: RudeServer) async throws {
        let copies = Dictionary(grouping: server.taken, by: \.messageID)
        for composed in rig.messages {
            let taken = copies[composed.message.messageID] ?? []
            #expect(!taken.isEmpty, "message of convocation \(composed.id) is missing")
            #expect(taken.allSatisfy { $0.bytes == composed.message.bytes && $0.recipient == composed.message.recipient.description })
            let repeated = try await rig.entries(.convocationRepeated, of: composed.id)
            #expect(taken.count <= 1 + repeated, "convocation \(composed.id): \(taken.count) copies, \(repeated) entries that say so")
            #expect(try await rig.entries(.convocationRelayed, of: composed.id) == 1)
        }
        #expect(copies.count == rig.messages.count)
        #expect(try await rig.test.storage.queueCounts() == [.relayed: rig.messages.count])
    }

    @Test("at one point of the conversation, several times", arguments: Point.allCases)
    func point(_ point: Point) async throws {
        let victim = Victim()
        let count = Mutex(0)
        // Every fifth time, four times.
        let strike: @Sendable () -> Bool = {
            count.withLock { count in
                count += 1
                return count % 5 == 0 && count <= 20
            }
        }
        let server = try RudeServer { moment in
            let blow = RudeServer.Action.perform { victim.kill() }
            switch (moment.step, point) {
            case (.greeting, .greeting), (.mail, .mail), (.recipient, .recipient), (.data, .data), (.message, .beforeTaking):
                return strike() ? [blow] + RudeServer.polite(moment.step) : nil
            case (.message, .afterTaking): return strike() ? [.take, blow, .reply("250 2.0.0 Ok: queued as RUDE0002")] : nil
            case (.message, .afterReply): return strike() ? RudeServer.polite(moment.step) + [blow] : nil
            default: return nil
            }
        }
        defer { server.stop() }
        let rig = try await Rig(members: 40)
        try await Self.deliver(rig, port: server.port, victim: victim)
        // At the greeting there may be fewer conversations than blows.
        #expect(victim.killed >= (point == .greeting ? 0 : 4))
        try await Self.check(rig, server)
        // What waited for a connection is not said to be in doubt: only what came twice, and one a connection whose body was cut off.
        let doubles = server.taken.count - rig.messages.count
        #expect(try await rig.entries(.convocationRepeated) <= doubles + 3 * victim.killed)
    }

    @Test("at random moments")
    func random() async throws {
        let victim = Victim()
        let server = try RudeServer()
        defer { server.stop() }
        let rig = try await Rig(members: 99)
        try await Self.deliver(rig, port: server.port, victim: victim) { run in
            guard run < 12 else { return }
            let before = server.connections
            _ = await eventually { server.connections > before }
            try await Task.sleep(for: .microseconds(Int.random(in: 0..<20_000)))
            victim.kill()
        }
        try await Self.check(rig, server)
    }
}
