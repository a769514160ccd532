import Council
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// What waits in line at a quick relay is not tried on one that has asked for a pause meanwhile.
@Suite("Messages that wait in line at the relay")
struct TurnstileTests {
    @Test("a quick relay that says it is too busy hears of no more messages than there are connections, twice over")
    func pause() async throws {
        let taken = Mutex(0)
        let refused = Mutex(0)
        let server = try RudeServer(offersPipelining: true) { moment in
            switch moment.step {
            case .message:
                taken.withLock { $0 += 1 }
                return nil
            case .mail where taken.withLock({ $0 }) >= 60:
                refused.withLock { $0 += 1 }
                return [.reply("421 4.3.2 too busy"), .close]
            default: return nil
            }
        }
        defer { server.stop() }
        let rig = try await Rig(members: 150)
        let tally = try await rig.service(Rig.settings(port: server.port, connections: 4)).deliverDue()
        #expect(tally.accepted >= 60 && tally.refused == 0 && tally.unknown == 0)
        // Each connection's own, what was said behind a dot, and each once more on a new connection.
        #expect((1...16).contains(refused.withLock { $0 }), "\(refused.withLock { $0 })")
        #expect(server.taken.count == tally.accepted)
        // The others wait without an attempt that anybody would have to read of.
        #expect(try await rig.entries(.convocationDeferred) <= 16)
        #expect(try await rig.entries(.convocationRepeated) == 0)
    }
}
