import Council
import Curl
import Delivery
import Foundation
import Store
import TestSupport
import Testing

@Suite("A real relay: Postfix", .serialized)
struct PostfixTests {
    @Test("messages arrive unchanged, and the journal knows Postfix's name for each")
    func arrives() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let rig = try await Rig(members: 30)
        let tally = try await rig.service(Rig.settings(port: postfix.port, connections: 4)).deliverDue()
        #expect(tally.accepted == rig.messages.count)
        let delivered = try await postfix.delivered(count: rig.messages.count)
        #expect(
            Dictionary(grouping: delivered, by: \.recipient).mapValues { $0.map(\.bytes) }
                == Dictionary(grouping: rig.messages, by: \.message.recipient.description).mapValues { $0.map(\.message.bytes) })
        #expect(delivered.allSatisfy { $0.sender == "assemblees@aurence.example" })
        for status in try await rig.status() where status.member.entry.service == .electronic {
            let reply = try #require(status.lastReply)
            let queueID = try #require(QueueIdentifier.find(in: [reply]))
            #expect(reply.hasPrefix("250 2.0.0 Ok: queued as "))
            #expect(postfix.log.contains(queueID + ": to=<"))
        }
    }

    @Test("how it went over the wire is journalled, and Postfix is asked for reports on its further way")
    func evidence() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let rig = try await Rig()
        let settings = try RelaySettings(
            name: "relay", host: "127.0.0.1", port: postfix.port, tls: .startTLS, caFile: postfix.caFile, connections: 1,
            heloName: "gateway.test", reports: .failures)
        #expect(try await rig.service(CurlCourier(settings, clock: rig.clock.wall)).deliverDue().accepted == 1)
        let row = try #require(
            try await rig.test.storage.journal(matching: JournalQuery(types: [.convocationRelayed], sitting: rig.sitting.id)).first)
        let opening = try #require(try await rig.test.storage.openings(of: [row.seq]).first)
        let content = String(decoding: opening.content, as: UTF8.self)
        for part in [#""helo":"gateway.test""#, #""tls":"TLSv1."#, #""cipher":"TLS_"#, #""reportsAsked":true"#, #""queueID":""#] {
            #expect(content.contains(part), "\(part) in \(content)")
        }
        _ = try await postfix.delivered(count: 1)
    }

    @Test("a refusal under TLS is journalled as one under TLS")
    func refusedUnderTLS() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let rig = try await Rig()
        let recipient = try #require(rig.messages.first).message.recipient.description
        try postfix.answer(recipient, with: "450 4.2.0 later")
        let settings = try Rig.settings(port: postfix.port, tls: .startTLS, caFile: postfix.caFile)
        #expect(try await rig.service(settings).deliverDue().deferred == 1)
        let row = try #require(
            try await rig.test.storage.journal(matching: JournalQuery(types: [.convocationDeferred], sitting: rig.sitting.id)).first)
        let opening = try #require(try await rig.test.storage.openings(of: [row.seq]).first)
        #expect(String(decoding: opening.content, as: UTF8.self).contains(#""tls":"TLSv1."#))
    }

    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let settings: @Sendable (Postfix) throws -> RelaySettings
        /// Nil: accepted.
        var fault: String?
    }

    static let ways: [Way] = [
        Way(testDescription: "STARTTLS without a login") { try Rig.settings(port: $0.port, tls: .startTLS, caFile: $0.caFile) },
        Way(testDescription: "STARTTLS and AUTH") {
            try Rig.settings(
                port: $0.submissionPort, tls: .startTLS, caFile: $0.caFile, user: Postfix.user, password: Postfix.password)
        },
        Way(testDescription: "implicit TLS and AUTH") {
            try Rig.settings(port: $0.smtpsPort, tls: .implicit, caFile: $0.caFile, user: Postfix.user, password: Postfix.password)
        },
        Way(
            testDescription: "an authority that is not trusted",
            settings: { try Rig.settings(port: $0.port, tls: .startTLS, caFile: $0.otherCAFile) }, fault: "certificate"),
        Way(
            testDescription: "no authority configured for a private one", settings: { try Rig.settings(port: $0.port, tls: .startTLS) },
            fault: "certificate"),
        Way(
            testDescription: "a certificate for another host",
            settings: { try Rig.settings(port: $0.port, host: "localhost", tls: .startTLS, caFile: $0.caFile) }, fault: "localhost"),
        Way(
            testDescription: "implicit TLS, an authority that is not trusted",
            settings: {
                try Rig.settings(port: $0.smtpsPort, tls: .implicit, caFile: $0.otherCAFile, user: Postfix.user, password: Postfix.password)
            }, fault: "certificate"),
        Way(
            testDescription: "a wrong password",
            settings: {
                try Rig.settings(port: $0.submissionPort, tls: .startTLS, caFile: $0.caFile, user: Postfix.user, password: "faux")
            },
            fault: "535"),
        Way(
            testDescription: "no login where one is demanded",
            settings: { try Rig.settings(port: $0.submissionPort, tls: .startTLS, caFile: $0.caFile) }, fault: "554"),
        Way(
            testDescription: "clear text where TLS is demanded", settings: { try Rig.settings(port: $0.submissionPort) },
            fault: "530"),
    ]

    @Test("TLS and login either hold or stop everything; nothing is sent another way")
    func secured() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        var sent = 0
        for way in Self.ways {
            let rig = try await Rig()
            let tally = try await rig.service(way.settings(postfix)).deliverDue()
            let status = try #require(try await rig.status().first)
            let reply = status.lastReply ?? ""
            if let fault = way.fault {
                #expect(tally.accepted == 0, "\(way)")
                #expect(reply.contains(fault), "\(way): \(reply)")
            } else {
                #expect(status.state == .relayed, "\(way): \(reply)")
                sent += 1
            }
            #expect(!(reply + rig.log.lines.map(\.text).joined()).contains(Postfix.password), "\(way)")
        }
        #expect(try await postfix.delivered(count: sent).count == sent)
    }

    @Test("a refused member fails alone, a deferred one goes later, the others at once")
    func mixed() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let rig = try await Rig(members: 6)
        try postfix.answer("elu1@aurence.example", with: "550 5.1.1 no such user")
        try postfix.answer("elu2@aurence.example", with: "450 4.2.1 mailbox busy")
        try postfix.route("elu3@aurence.example", to: "error:5.1.6 moved away")
        let service = rig.service(try Rig.settings(port: postfix.port, connections: 2))
        // The route is known a moment later; the others don't depend on it.
        let tally = try await service.deliverDue()
        #expect(tally.deferred == 1)
        #expect(tally.accepted + tally.refused == 5)
        #expect(tally.refused >= 1)
        try postfix.answer("elu2@aurence.example", with: "OK")
        rig.clock.advance(by: 61)
        // A new service: new connections, on which Postfix has the new answer.
        #expect(try await rig.service(Rig.settings(port: postfix.port)).deliverDue().accepted == 1)
        let failed = try await rig.status().filter { $0.state == .failed }
        #expect(failed.contains { $0.member.entry.email?.description == "elu1@aurence.example" })
        #expect(failed.count == tally.refused)
    }

    @Test("a relay that is restarted meanwhile loses and doubles nothing")
    func restarted() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let rig = try await Rig(members: 4)
        let service = rig.service(try Rig.settings(port: postfix.port))
        postfix.stop()
        #expect(try await service.deliverDue().accepted == 0)
        try await postfix.start()
        rig.clock.advance(by: 61)
        try await service.deliverDue()
        #expect(try await rig.test.storage.queueCounts() == [.relayed: 4])
        #expect(try await postfix.delivered(count: 4).count == 4)
    }
}
