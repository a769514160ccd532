import Council
import Curl
import Delivery
import Foundation
import Logging
import Store
import TestSupport
import Testing

/// Each way in which a relay can misbehave: what the queue makes of it, and how many messages the relay really took.
@Suite("A rude relay")
struct RudeRelayTests {
    typealias Verdict = CourierAnswer.Verdict

    struct Rudeness: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let verdict: Verdict
        /// Messages that the relay took at the first attempt.
        var taken = 0
        var fault: RelayFault?
        /// Part of what is recorded.
        var reply = ""
        var timeout = Duration.seconds(20)
        var tls = RelaySettings.TLS.none
        let manner: RudeServer.Manner
    }

    static func at(_ step: RudeServer.Step, _ actions: RudeServer.Action...) -> RudeServer.Manner {
        { $0.step == step ? actions : nil }
    }

    static func atRecipient(_ actions: RudeServer.Action...) -> RudeServer.Manner {
        { if case .recipient = $0.step { actions } else { nil } }
    }

    static func atDot(_ actions: RudeServer.Action...) -> RudeServer.Manner {
        { if case .message = $0.step { actions } else { nil } }
    }

    static let all: [Rudeness] = [
        Rudeness(
            testDescription: "421 for a greeting", verdict: .deferred, fault: .busy, reply: "421 4.3.2 go away",
            manner: at(.greeting, .reply("421 4.3.2 go away"), .close)),
        Rudeness(
            testDescription: "554 for a greeting", verdict: .deferred, fault: .configuration, reply: "554 5.7.1 not you",
            manner: at(.greeting, .reply("554 5.7.1 not you"), .close)),
        Rudeness(testDescription: "closes instead of greeting", verdict: .deferred, fault: .unreachable, manner: at(.greeting, .close)),
        Rudeness(
            testDescription: "hangs at the greeting", verdict: .deferred, fault: .unreachable, timeout: .seconds(1),
            manner: at(.greeting, .hang)),
        Rudeness(
            testDescription: "450 at RCPT", verdict: .deferred, reply: "450 4.2.1 later", manner: atRecipient(.reply("450 4.2.1 later"))),
        Rudeness(
            testDescription: "451 at RCPT", verdict: .deferred, reply: "451 4.7.1 greylisted",
            manner: atRecipient(.reply("451 4.7.1 greylisted"))),
        Rudeness(
            testDescription: "550 at RCPT", verdict: .refused, reply: "550 5.1.1 no such user",
            manner: atRecipient(.reply("550 5.1.1 no such user"))),
        Rudeness(testDescription: "closes at RCPT", verdict: .deferred, fault: .unreachable, manner: atRecipient(.close)),
        Rudeness(testDescription: "451 at DATA", verdict: .deferred, reply: "451 4.3.0 full", manner: at(.data, .reply("451 4.3.0 full"))),
        Rudeness(testDescription: "closes at DATA", verdict: .deferred, fault: .unreachable, manner: at(.data, .close)),
        Rudeness(
            testDescription: "451 after the dot", verdict: .deferred, reply: "451 4.3.0 full", manner: atDot(.reply("451 4.3.0 full"))),
        Rudeness(
            testDescription: "552 after the dot", verdict: .refused, reply: "552 5.3.4 too big", manner: atDot(.reply("552 5.3.4 too big"))),
        Rudeness(testDescription: "554 after the dot", verdict: .refused, reply: "554 5.6.0 no", manner: atDot(.reply("554 5.6.0 no"))),
        Rudeness(
            testDescription: "takes the message and closes without a reply", verdict: .unknown, taken: 1, manner: atDot(.take, .close)),
        Rudeness(
            testDescription: "takes the message and hangs", verdict: .unknown, taken: 1, timeout: .seconds(1), manner: atDot(.take, .hang)),
        Rudeness(testDescription: "closes after the dot, having taken nothing", verdict: .unknown, manner: atDot(.close)),
        Rudeness(
            testDescription: "takes the message and answers nonsense", verdict: .unknown, taken: 1,
            manner: atDot(.take, .reply("2x0 what"), .close)),
        Rudeness(
            testDescription: "closes right after its 250", verdict: .accepted, taken: 1, reply: "250 2.0.0 Ok: queued as RUDE0001",
            manner: atDot(.take, .reply("250 2.0.0 Ok: queued as RUDE0001"), .close)),
        Rudeness(
            testDescription: "a mangled reply of several lines", verdict: .accepted, taken: 1, reply: "queued as RUDE77",
            manner: atDot(
                .take, .reply("250-2.0.0 Ok"), .reply("and now"), .reply("2"), .raw([0xFF, 0x0A]), .reply("250 2.0.0 queued as RUDE77"))),
        Rudeness(
            testDescription: "offers no STARTTLS while TLS is required", verdict: .deferred, fault: .configuration, tls: .startTLS,
            manner: { _ in nil }),
        Rudeness(
            testDescription: "refuses STARTTLS after offering it", verdict: .deferred, fault: .configuration, tls: .startTLS,
            manner: { moment in
                switch moment.step {
                case .hello: [.reply("250-rude"), .reply("250 STARTTLS")]
                case .startTLS: [.reply("454 4.7.0 not now")]
                default: nil
                }
            }),
        Rudeness(
            testDescription: "speaks no TLS after STARTTLS", verdict: .deferred, fault: .configuration, timeout: .seconds(5),
            tls: .startTLS,
            manner: { moment in
                switch moment.step {
                case .hello: [.reply("250-rude"), .reply("250 STARTTLS")]
                case .startTLS: [.reply("220 go ahead"), .close]
                default: nil
                }
            }),
        Rudeness(
            testDescription: "has words slipped in before TLS", verdict: .deferred, fault: .unreachable, timeout: .seconds(5),
            tls: .startTLS,
            manner: { moment in
                switch moment.step {
                case .hello: [.reply("250-rude"), .reply("250 STARTTLS")]
                case .startTLS: [.reply("220 go ahead\r\n250 surely you trust me")]
                default: nil
                }
            }),
        Rudeness(
            testDescription: "speaks SMTP where TLS is due", verdict: .deferred, fault: .configuration, timeout: .seconds(5),
            tls: .implicit,
            manner: { _ in nil }),
        Rudeness(
            testDescription: "refuses the sender", verdict: .deferred, fault: .configuration, reply: "553 5.7.1 not yours",
            manner: { if case .mail = $0.step { [.reply("553 5.7.1 not yours")] } else { nil } }),
        Rudeness(
            testDescription: "wants a login", verdict: .deferred, fault: .configuration, reply: "530 5.7.0",
            manner: { if case .mail = $0.step { [.reply("530 5.7.0 authentication required")] } else { nil } }),
    ]

    @Test("is judged rightly, recorded, and takes no more than one copy", arguments: all, [false, true])
    func judged(_ rudeness: Rudeness, offersPipelining: Bool) async throws {
        let server = try RudeServer(offersPipelining: offersPipelining, rudeness.manner)
        defer { server.stop() }
        let rig = try await Rig()
        let tally = try await rig.service(Rig.settings(port: server.port, tls: rudeness.tls, timeout: rudeness.timeout)).deliverDue()
        #expect(tally.total == 1)
        #expect(server.taken.count == rudeness.taken)
        let status = try #require(try await rig.status().first)
        let reply = try #require(status.lastReply)
        #expect(rudeness.reply.isEmpty ? !reply.isEmpty : reply.contains(rudeness.reply))
        try await check(rudeness.verdict, tally, status, rig)
        let warnings = rig.log.lines.filter { $0.level >= .warning }
        #expect(warnings.isEmpty == (rudeness.fault == nil))
        if let fault = rudeness.fault {
            #expect(warnings.allSatisfy { $0.text.contains(fault.rawValue) && $0.text.contains(fault.advice) })
            #expect(warnings.allSatisfy { ($0.level == .error) == (fault == .configuration) })
        }
    }

    private func check(_ verdict: Verdict, _ tally: DeliveryTally, _ status: ConvocationStatus, _ rig: Rig) async throws {
        switch verdict {
        case .accepted:
            #expect(tally.accepted == 1)
            #expect(status.state == .relayed)
            #expect(status.relayedAt == rig.clock.now)
            #expect(try await rig.entries(.convocationRelayed) == 1)
        case .deferred:
            #expect(tally.deferred == 1)
            #expect(status.state == .queued)
            #expect(try await rig.entries(.convocationDeferred) == 1)
            #expect(try await rig.entries(.convocationRepeated) == 0)
            let due = try #require(try await rig.test.storage.nextDue())
            #expect((29.0...61).contains(due.timeIntervalSince(rig.clock.now)))
        case .refused:
            #expect(tally.refused == 1)
            #expect(status.state == .failed)
            #expect(try await rig.entries(.convocationFailed) == 1)
            #expect(try await rig.test.storage.nextDue() == nil)
            let notices = try await rig.test.storage.noticesToCompose(limit: 10)
            #expect(notices.contains { $0.content == .undelivered(sitting: rig.sitting.id, convocations: [status.id]) })
        case .unknown:
            #expect(tally.unknown == 1)
            #expect(status.state == .queued)
            #expect(try await rig.entries(.convocationRepeated) == 1)
            #expect(try await rig.test.storage.nextDue() != nil)
        }
    }

    @Test("that loses its reply gets the same bytes again, and the journal says so", arguments: [false, true])
    func repeated(offersPipelining: Bool) async throws {
        let server = try RudeServer(offersPipelining: offersPipelining) { moment in
            if case .message = moment.step, moment.connection == 1 { [.take, .close] } else { nil }
        }
        defer { server.stop() }
        let rig = try await Rig()
        let service = rig.service(try Rig.settings(port: server.port))
        try await service.deliverDue()
        #expect(try await service.deliverDue().total == 0, "not before its time")
        rig.clock.advance(by: 61)
        #expect(try await service.deliverDue().accepted == 1)
        #expect(server.taken.map(\.bytes) == [rig.messages[0].message.bytes, rig.messages[0].message.bytes])
        #expect(try await rig.entries(.convocationRepeated) == 1)
        #expect(try await rig.entries(.convocationRelayed) == 1)
        #expect(try await rig.status().first?.attempts == 2)
    }

    @Test("that closes after each 250 still gets every message once")
    func closesEachTime() async throws {
        let server = try RudeServer(Self.atDot(.take, .reply("250 2.0.0 Ok: queued as RUDE0001"), .close))
        defer { server.stop() }
        let rig = try await Rig(members: 9)
        let tally = try await rig.service(Rig.settings(port: server.port, connections: 2)).deliverDue()
        #expect(tally.accepted == 9)
        #expect(server.taken.count == 9)
        #expect(Set(server.taken.map(\.messageID)) == Set(rig.messages.map(\.message.messageID)))
        #expect(try await rig.entries(.convocationRepeated) == 0)
    }

    @Test("that isn't there costs one attempt, not one for each member; when it comes back, all is sent")
    func absent() async throws {
        let port = try Loopback.freePorts(1)[0]
        let rig = try await Rig(members: 9)
        let service = rig.service(try Rig.settings(port: port, connections: 4))
        let tally = try await service.deliverDue()
        #expect(tally.accepted + tally.refused + tally.unknown == 0)
        #expect(rig.log.lines.filter { $0.level == .warning }.count == 1)
        #expect(try await service.deliverDue().total == 0, "paused")
        let server = try RudeServer(port: port)
        defer { server.stop() }
        for _ in 0..<4 {
            rig.clock.advance(by: 120)
            try await service.deliverDue()
        }
        #expect(Set(server.taken.map(\.messageID)) == Set(rig.messages.map(\.message.messageID)))
        #expect(server.taken.count == 9)
        #expect(try await rig.status().allSatisfy { $0.state == .relayed })
        #expect(rig.log.lines.contains { $0.level == .notice && $0.text.contains("takes messages again") })
    }

    @Test("that stays away is tried less and less, and every member is known to be unserved at the deadline")
    func stays() async throws {
        let port = try Loopback.freePorts(1)[0]
        let rig = try await Rig(members: 3)
        let service = rig.service(try Rig.settings(port: port, connections: 4))
        rig.clock.advance(by: rig.sitting.draft.deadline.timeIntervalSince(rig.clock.now) - 1800)
        var passes = 0
        while try await rig.test.storage.nextDue() != nil, passes < 200 {
            try await service.deliverDue()
            rig.clock.advance(by: 20)
            passes += 1
        }
        #expect(try await rig.status().allSatisfy { $0.state == .failed })
        #expect(try await rig.entries(.convocationFailed) == 3)
        #expect(rig.clock.now.timeIntervalSince(rig.sitting.draft.deadline) < 60)
        #expect(try await rig.entries(.convocationDeferred) < 40)
    }
}
