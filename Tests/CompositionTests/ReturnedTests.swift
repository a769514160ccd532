import Composition
import Council
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("Mails that come back")
struct ReturnedTests {
    @Test("each convocation leaves with a sender of its own, where returned mails are read")
    func senders() async throws {
        let plain = Fixture.settings()
        let base = try BounceAddress(localPart: "retours", domain: "valmont.example", separator: .plus)
        let signing = CompositionSettings(
            authority: plain.authority, baseURL: plain.baseURL, envelopeSender: plain.envelopeSender, from: plain.from, clerk: plain.clerk,
            bounceAddress: base)
        let stage = try Stage(settings: signing)
        _ = try await stage.storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await stage.service.composePending()
        let queued = try await stage.queued()
        let convocations = queued.filter { $0.kind == .convocation }
        #expect(convocations.count == 3 && Set(convocations.map(\.envelopeSender)).count == 3)
        let ring = try Fixture.keyring()
        let named = convocations.compactMap { BounceAddress.convocation(in: $0.envelopeSender.description, ring) }
        #expect(try await named.sorted() == stage.storage.status(of: sitting.id).map(\.id.rawValue).sorted())
        // The clerk's own mails keep the plain one; no message shows the signed one but to servers.
        #expect(queued.filter { $0.kind != .convocation }.allSatisfy { $0.envelopeSender == plain.envelopeSender })
        #expect(convocations.allSatisfy { !String(decoding: $0.bytes, as: UTF8.self).contains("retours+") })
        let state = try await stage.storage.compareState(limit: 9)
        #expect(state.differences == [])
    }

    @Test(
        "the clerk is told who is lost and who is in doubt, before and after the last lawful moment, and after the sitting",
        arguments: [Language.french, .english], ["lawful", "late", "held"])
    func alarm(language: Language, when: String) async throws {
        let settings = Fixture.settings(clerkLanguage: language)
        let early = try Stage(settings: settings)
        _ = try await early.storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await early.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        _ = try await early.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        try await early.service.composePending()
        let composed = try await early.storage.status(of: sitting.id)
        try await early.storage.relayAll(at: Fixture.now)
        let day = when == "lawful" ? "2026-12-03" : when == "late" ? "2026-12-11" : "2026-12-17"
        let now = try #require(CivilDate(iso: day)).start(in: Fixture.zone)
        func report(_ place: Int, _ action: DeliveryReport.Action, _ reason: BounceReason?, _ diagnostic: String?, isSigned: Bool = true)
            async throws
        {
            _ = try await early.storage.record(
                DeliveryReport(
                    convocation: composed[place].id, digest: Sample.hash("\(place) \(action)"), action: action, reason: reason, status: nil,
                    diagnostic: diagnostic, reporter: nil, recipient: nil, isSigned: isSigned, at: now))
        }
        if when == "lawful" {
            try await report(1, .delivered, nil, nil)
            try await report(1, .failed, .mailboxFull, "552 5.2.2 <full>")
            try await report(2, .failed, .other, nil, isSigned: false)
        }
        if when != "late" || language == .french { try await report(0, .failed, .addressUnknown, "550 5.1.1 no such user") }
        if when == "late", language == .english { try await report(2, .failed, .other, nil, isSigned: false) }
        let late = try Stage(on: early, now: now, settings: settings, seed: 2)
        try await late.service.composePending()
        let alarms = try await late.queued().filter { $0.kind == .alarm }
        try #require(alarms.count == 1)
        expectWellFormed(alarms[0].bytes)
        _ = try Judge.message(alarms[0].bytes)
        try GoldenTests().expectGolden(alarms[0].bytes, "alarm-returned-\(when)-\(language.rawValue).eml")
    }
}
