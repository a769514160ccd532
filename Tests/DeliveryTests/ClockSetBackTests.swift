import Council
import Curl
import Delivery
import Foundation
import Store
import TestSupport
import Testing

@Suite("Delivery under a clock that is set back")
struct ClockSetBackTests {
    @Test("while messages leave: each leaves once, and is journalled once", arguments: [-61, -7200, -3 * 86_400] as [TimeInterval])
    func meanwhile(_ step: TimeInterval) async throws {
        let rig = try await Rig(members: 9)
        let clock = rig.clock
        let server = try RudeServer { moment in
            if case .recipient = moment.step { return [.perform { clock.advance(by: step) }, .reply("250 2.1.5 Ok")] }
            return nil
        }
        defer { server.stop() }
        let service = rig.service(try Rig.settings(port: server.port))
        // What was not due any more under the earlier clock leaves when its moment comes again.
        for _ in rig.messages {
            try await service.deliverDue()
            clock.advance(by: Sample.now.timeIntervalSince(clock.now))
        }
        #expect(server.taken.count == rig.messages.count)
        #expect(Set(server.taken.map(\.bytes)) == Set(rig.messages.map(\.message.bytes)))
        #expect(try await rig.test.storage.queueCounts() == [.relayed: rig.messages.count])
        #expect(try await rig.entries(.convocationRelayed) == rig.messages.count)
    }

    @Test("a relay's pause that began under a clock that was ahead ends with it")
    func pause() throws {
        let health = RelayHealth(connections: 2, backoff: BackoffTests.lowest)
        let ahead = Sample.now.addingTimeInterval(365 * 86_400)
        let answer = RelayHealthTests.fault(.unreachable)
        #expect(health.note(answer, at: ahead) != nil)
        #expect(health.pause(at: ahead) != nil)
        #expect(health.pause(at: Sample.now) == nil)
        // A fault then begins a pause of its own.
        #expect(health.note(answer, at: Sample.now) != nil)
        #expect(health.pause(at: Sample.now) != nil && health.pause(at: Sample.now.addingTimeInterval(86_400)) == nil)
    }
}
