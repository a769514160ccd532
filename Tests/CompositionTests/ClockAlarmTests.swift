import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The alarm that the clock is behind")
struct ClockAlarmTests {
    @Test(
        "says both times, what to do and who is waiting, to the clerk and to whoever mends the machine; once a day while it lasts",
        arguments: [Language.french, .english])
    func composed(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language, technicalContact: Sample.email("informatique@valmont.example"))
        let stage = try Stage(settings: settings)
        _ = try await stage.storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        #expect(try await alarms(stage).isEmpty)

        /// The alarms that a pass makes at that time.
        func told(_ seconds: TimeInterval) async throws -> [OutgoingMessage] {
            let later = try Stage(on: stage, now: Fixture.now.addingTimeInterval(seconds), settings: settings)
            try await later.service.composePending()
            return try await self.alarms(later)
        }
        // A step of NTP is no fault; ten days are.
        #expect(try await told(-240).isEmpty)
        let alarms = try await told(-10 * 86_400)
        #expect(alarms.map(\.recipient) == [settings.clerk.address, Sample.email("informatique@valmont.example")])
        for alarm in alarms {
            expectWellFormed(alarm.bytes)
            let text = try #require(try Judge.message(alarm.bytes).text)
            #expect(text.contains("appariteur ledger clock --checked") && text.contains(": 4"), "\(text)")
        }
        try GoldenTests().expectGolden(try #require(alarms.first).bytes, "alarm-clock-\(language.rawValue).eml")
        #expect(try await told(-10 * 86_400 + 3600).isEmpty)
        #expect(try await told(-9 * 86_400).count == 2)
        #expect(try await told(0).isEmpty)
    }

    @Test("leaves while nothing else does")
    func leaves() async throws {
        let stage = try Stage(settings: Fixture.settings())
        _ = try await stage.storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        let now = Fixture.now.addingTimeInterval(-86_400)
        try await Stage(on: stage, now: now).service.composePending()
        #expect(try await stage.storage.lease(limit: 50, at: now).contains { $0.message.kind == .alarm })
        #expect(try await stage.storage.lease(limit: 50, at: now).isEmpty)
    }

    private func alarms(_ stage: Stage) async throws -> [OutgoingMessage] { try await stage.queued().filter { $0.kind == .alarm } }
}
