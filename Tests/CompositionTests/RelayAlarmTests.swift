import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The alarm that a relay takes nothing")
struct RelayAlarmTests {
    @Test(
        "says why, what to do, who is waiting and until when; to the clerk and to whoever mends it", arguments: [Language.french, .english])
    func composed(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language, technicalContact: Sample.email("informatique@valmont.example"))
        let stage = try Stage(settings: settings)
        _ = try await stage.storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.storage.noteTrouble(
            relay: "smtp.valmont.example:587", cause: .authentication, reply: "535 5.7.8 Error: authentication failed", since: Fixture.now,
            canBeTold: true, at: Fixture.now)
        try await stage.service.composePending()
        let alarms = try await stage.queued().filter { $0.kind == .alarm }
        #expect(alarms.map(\.recipient) == [settings.clerk.address, Sample.email("informatique@valmont.example")])
        for alarm in alarms {
            expectWellFormed(alarm.bytes)
            let text = try #require(try Judge.message(alarm.bytes).text)
            #expect(text.contains("535 5.7.8") && text.contains("smtp.valmont.example:587") && text.contains(": 4"))
        }
        try GoldenTests().expectGolden(try #require(alarms.first).bytes, "alarm-relay-\(language.rawValue).eml")
        try await stage.service.composePending()
        #expect(try await stage.storage.troublesToTell().isEmpty)
    }

    @Test("each cause has its own words, also while nobody waits", arguments: RelayTrouble.Cause.allCases, [Language.french, .english])
    func causes(_ cause: RelayTrouble.Cause, language: Language) async throws {
        let stage = try Stage(settings: Fixture.settings(clerkLanguage: language))
        try await stage.storage.noteTrouble(
            relay: "smtp.valmont.example:587", cause: cause, reply: "nothing", since: Fixture.now, canBeTold: true, at: Fixture.now)
        try await stage.service.composePending()
        let alarm = try #require(try await stage.queued().first)
        let text = try #require(try Judge.message(alarm.bytes).text)
        let advice = language == .french ? "À faire par le service informatique" : "For the IT department"
        #expect(text.components(separatedBy: advice).count == 2, "\(text)")
    }
}
