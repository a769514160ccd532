import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import TestSupport
import Testing

@Suite("A relay of another make: Exim", .serialized)
struct EximTests {
    @Test("messages arrive unchanged under TLS with a login, and the journal knows Exim's name for each")
    func arrives() async throws {
        let exim = try await Exim()
        defer { exim.stop() }
        let rig = try await Rig(members: 20)
        let settings = try Rig.settings(
            port: exim.port, tls: .startTLS, caFile: exim.caFile, user: Exim.user, password: Exim.password, connections: 3)
        #expect(try await rig.service(settings).deliverDue().accepted == rig.messages.count)
        let delivered = try await exim.delivered(count: rig.messages.count)
        #expect(
            Dictionary(grouping: delivered, by: \.recipient).mapValues { $0.map(\.bytes) }
                == Dictionary(grouping: rig.messages, by: \.message.recipient.description).mapValues { $0.map(\.message.bytes) })
        #expect(delivered.allSatisfy { $0.sender == "assemblees@aurence.example" })
        for composed in rig.messages {
            let row = try #require(
                try await rig.test.storage.journal(matching: JournalQuery(types: [.convocationRelayed], convocation: composed.id)).first)
            let opening = try #require(try await rig.test.storage.openings(of: [row.seq]).first)
            let facts = try #require(try JSONSerialization.jsonObject(with: Data(opening.content)) as? [String: Any])
            let queueID = try #require(facts["queueID"] as? String)
            #expect((facts["tls"] as? String)?.hasPrefix("TLSv1.") == true)
            // Exim's own line of this message, and of no other.
            let line = try #require(exim.log.split(separator: "\n").first { $0.contains(" \(queueID) => ") }, "\(queueID) in \(exim.log)")
            #expect(line.contains("<\(composed.message.recipient)>"))
        }
    }

    @Test("a login that Exim refuses stops the sending, and nothing goes another way", arguments: ["faux", "Sésame"])
    func refusesLogin(password: String) async throws {
        let exim = try await Exim()
        defer { exim.stop() }
        let rig = try await Rig()
        let settings = try Rig.settings(port: exim.tlsPort, tls: .implicit, caFile: exim.caFile, user: Exim.user, password: password)
        let tally = try await rig.service(settings).deliverDue()
        #expect(tally.deferred == 1 && tally.total == 1)
        #expect(try await rig.status().first?.lastReply?.contains("535") == true)
        #expect(rig.log.lines.contains { $0.level == .error && $0.text.contains(RelayFault.configuration.rawValue) })
        #expect(try exim.delivered().isEmpty)
    }

    @Test("a refused member fails alone with Exim's words, a deferred one goes later, the others at once")
    func mixed() async throws {
        let exim = try await Exim()
        defer { exim.stop() }
        let rig = try await Rig(members: 6)
        try exim.answer("elu1@aurence.example", with: "550 5.1.1 no such user")
        try exim.answer("elu2@aurence.example", with: "451 4.2.1 mailbox busy")
        let service = rig.service(try Rig.settings(port: exim.port, connections: 2))
        let tally = try await service.deliverDue()
        #expect((tally.accepted, tally.deferred, tally.refused) == (4, 1, 1))
        let failed = try await rig.status().filter { $0.state == .failed }
        #expect(failed.map(\.member.entry.email?.description) == ["elu1@aurence.example"])
        #expect(failed.first?.lastReply == "550 5.1.1 no such user")
        try exim.answer("elu2@aurence.example", with: nil)
        rig.clock.advance(by: 61)
        // Over a new connection: Exim's process behind one that was kept remembers what it has looked up.
        #expect(try await rig.service(Rig.settings(port: exim.port, connections: 2)).deliverDue().accepted == 1)
        let delivered = try await exim.delivered(count: 5)
        #expect(Set(delivered.map(\.recipient)).count == 5 && delivered.count == 5)
    }

    @Test("when Postfix goes away Exim takes over, and each message is with one of them, once")
    func failover() async throws {
        let postfix = try await Postfix()
        let exim = try await Exim()
        defer {
            postfix.stop()
            exim.stop()
        }
        let rig = try await Rig(members: 24)
        // Six of them can't go at first, so that they are left for after the end of Postfix.
        let late = rig.messages.prefix(6).map(\.message.recipient.description)
        for recipient in late { try postfix.answer(recipient, with: "450 4.2.0 later") }
        let couriers = try [
            Rig.settings(port: postfix.port, tls: .startTLS, caFile: postfix.caFile, connections: 2),
            Rig.settings(port: exim.port, tls: .startTLS, caFile: exim.caFile, connections: 2),
        ].map { (courier: CurlCourier($0, clock: rig.clock.wall) as any Courier, limiter: RateLimiter()) }
        let service = DeliveryService(
            storage: rig.test.storage, couriers: couriers, clock: rig.clock.wall, randomness: .system, logger: rig.log.logger)
        #expect(try await service.deliverDue().accepted == rig.messages.count - late.count)
        let first = try await postfix.delivered(count: rig.messages.count - late.count)
        postfix.stop()
        rig.clock.advance(by: 61)
        // The first pass finds Postfix gone, the next one has Exim take over at once.
        for _ in 0..<4 { try await service.deliverDue() }
        let second = try await exim.delivered(count: late.count)
        #expect(Set(second.map(\.recipient)) == Set(late) && second.count == late.count)
        #expect(Set((first + second).map(\.recipient)) == Set(rig.messages.map(\.message.recipient.description)))
        #expect(first.count + second.count == rig.messages.count)
        #expect(try await rig.entries(.convocationRepeated) == 0)
        #expect(try await rig.test.storage.queueCounts() == [.relayed: rig.messages.count])
    }
}
