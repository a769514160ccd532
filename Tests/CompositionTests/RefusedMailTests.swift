import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The alarm that the clerk doesn't get our mails")
struct RefusedMailTests {
    private let contact = Sample.email("informatique@valmont.example")

    /// Everything that is due is refused, and tried again an hour later. Returns what it was.
    private func refuse(_ stage: Stage) async throws -> [OutgoingMessage] {
        try await stage.service.composePending()
        let leased = try await stage.storage.lease(limit: 99, at: stage.now)
        try await stage.storage.record(
            leased.map {
                DeliveryOutcome(
                    id: $0.id, attempt: $0.attempt, result: .deferred(retryAt: stage.now + 3600), reply: "552 5.2.2 Mailbox full",
                    queueID: nil, relay: "smtp.valmont.example:587", isTurnedAway: true, at: stage.now)
            })
        return leased.map(\.message)
    }

    @Test(
        "says which address, why and until when, to whoever mends it alone; once a day, and never about itself",
        arguments: [Language.french, .english])
    func composed(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language, technicalContact: contact)
        let stage = try Stage(settings: settings)
        try await stage.storage.post(.rejected(name: "x", reason: "y"), at: stage.now)
        #expect(try await refuse(stage).map(\.recipient) == [settings.clerk.address])
        let alarms = try await refuse(stage)
        #expect(alarms.map(\.recipient) == [contact])
        let alarm = try #require(alarms.first)
        expectWellFormed(alarm.bytes)
        let text = try #require(try Judge.message(alarm.bytes).text)
        for words in [settings.clerk.address.description, "552 5.2.2 Mailbox full", "smtp.valmont.example:587"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        #expect(text.contains(language == .french ? "jusqu’au jeudi 3 décembre 2026" : "until Thursday"), "\(text)")
        // The alarm was refused itself; so is another mail to the clerk, on the same day.
        try await stage.storage.post(.rejected(name: "z", reason: "y"), at: stage.now)
        #expect(try await refuse(stage).map(\.recipient) == [settings.clerk.address])
        #expect(try await refuse(stage).isEmpty)
        #expect(try await stage.storage.refusedMails(since: stage.now).count == 3)
        let next = try Stage(on: stage, now: stage.now + 86_401, settings: settings, seed: 2)
        #expect(try await next.storage.refusedMailsToTell(at: next.now).map(\.recipient) == [settings.clerk.address])
        try await next.service.composePending()
        #expect(try await next.queued().filter { $0.recipient == contact }.count == 2, "the old one, and one about the second")
    }

    @Test("without anybody to tell, nothing is made")
    func nobody() async throws {
        let stage = try Stage()
        try await stage.storage.post(.rejected(name: "x", reason: "y"), at: stage.now)
        #expect(try await refuse(stage).count == 1)
        #expect(try await refuse(stage).isEmpty)
    }
}
