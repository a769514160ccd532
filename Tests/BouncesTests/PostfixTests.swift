import Bounces
import Council
import Curl
import Delivery
import Foundation
import Links
import Logging
import Store
import TestSupport
import Testing

/// A real relay makes the reports: convocations leave through it with signed senders, and what it writes comes back into a Maildir.
@Suite("Reports of a real Postfix", .serialized)
struct PostfixTests {
    @Test("an unknown address comes back signed, a delivery is reported, and both are recorded")
    func whole() async throws {
        let postfix = try await Postfix()
        let store = try TestStorage()
        let ring = try Fixture.keyring()
        _ = try await store.approvedSitting(members: 3, documents: 1)
        let base = try BounceAddress(localPart: "retours", domain: "aurence.example", separator: .plus)
        let composed = try await store.storage.convocationsToCompose(limit: 9).map { convocation in
            let plain = Sample.composed(convocation, at: Sample.now)
            let sender = Sample.email(try base.address(for: convocation.id.rawValue, ring))
            let message = OutgoingMessage(
                kind: .convocation, messageID: plain.message.messageID, envelopeSender: sender, recipient: plain.message.recipient,
                bytes: plain.message.bytes, hash: plain.message.hash, deadline: plain.message.deadline)
            return ComposedConvocation(id: plain.id, message: message, links: plain.links)
        }
        try await store.storage.store(composed, at: Sample.now)
        let lost = composed[1].message.recipient.description
        // The relay takes it, and the next server doesn't know the address.
        let next = try RudeServer { moment in
            if case .recipient = moment.step { [.reply("550 5.1.1 User unknown: this mailbox has moved away")] } else { nil }
        }
        defer { next.stop() }
        try postfix.route(lost, to: "smtp:[127.0.0.1]:\(next.port)")
        let settings = try RelaySettings(
            name: "test", host: "127.0.0.1", port: postfix.port, tls: .startTLS, caFile: postfix.caFile, heloName: "gateway.test")
        let delivery = DeliveryService(
            storage: store.storage, couriers: [(CurlCourier(settings, clock: .fixed(Sample.now)), RateLimiter())],
            clock: .fixed(Sample.now),
            randomness: .system,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await delivery.deliverDue()
        #expect(try await store.storage.queueCounts() == [.relayed: 3])

        // The same sender and recipient once more, with a report of success asked for (RFC 3461), by Python's client.
        let (sender, reached) = (composed[0].message.envelopeSender.description, composed[0].message.recipient.description)
        let asked = try await aside { [port = postfix.port] in
            try Tool.run(
                "python3",
                ["-c", Self.askForSuccess, "\(port)", sender, reached, composed[0].message.messageID])
        }
        #expect(asked.status == 0, "\(asked.errors)")

        // Two convocations, the copy, and two reports.
        let all = try await postfix.delivered(count: 5)
        #expect(all.count { $0.sender.isEmpty } == 2)
        let maildir = postfix.folder["mail/all"]
        let service = BounceService(
            source: MaildirSource(folder: maildir), interval: .seconds(60), storage: store.storage, keyring: { ring },
            clock: .fixed(Sample.now.addingTimeInterval(30)), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try await service.readPending() == 2)
        let failed = try #require(try await store.storage.convocation(composed[1].id))
        #expect(failed.state == .failed && failed.bounce?.reason == .addressUnknown && failed.bounce?.isSigned == true)
        #expect(failed.bounce?.diagnostic?.contains("this mailbox has moved away") == true)
        let delivered = try #require(try await store.storage.convocation(composed[0].id))
        #expect(delivered.state == .relayed && delivered.deliveredAt == Sample.now.addingTimeInterval(30))
        let other = try #require(try await store.storage.convocation(composed[2].id))
        #expect(other.state == .relayed && other.deliveredAt == nil && other.bounce == nil)
        let comparison = try await store.storage.compareState(limit: 20)
        #expect(comparison.differences == [])
    }

    private static let askForSuccess = """
        import smtplib, sys
        port, sender, recipient, message_id = sys.argv[1:]
        client = smtplib.SMTP("127.0.0.1", int(port))
        client.ehlo()
        assert client.has_extn("dsn")
        client.sendmail(sender, [recipient], f"Message-ID: <{message_id}>\\r\\nTo: {recipient}\\r\\n\\r\\nBonjour.\\r\\n",
                        ["RET=HDRS"], ["NOTIFY=SUCCESS,FAILURE"])
        client.quit()
        """
}
