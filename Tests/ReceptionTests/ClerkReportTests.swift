import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("What servers reported, on the clerk's page")
struct ClerkReportTests {
    @Test("what servers reported is shown in the clerk's words, beside the relay's time")
    func returned() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 5)
        let path = try await desk.clerkPath(.follow, sitting)
        let composed = try await desk.store.composeAll()
        try await desk.store.relayAll(at: desk.clock.now)
        let reports: [(DeliveryReport.Action, BounceReason?, Bool)] = [
            (.failed, .mailboxFull, true), (.failed, .addressUnknown, false), (.delivered, nil, true), (.delayed, nil, true),
            (.relayed, nil, true),
        ]
        for (place, report) in reports.enumerated() {
            let recording = try await desk.store.storage.record(
                DeliveryReport(
                    convocation: composed[place].id, digest: Sample.hash("\(place)"), action: report.0, reason: report.1, status: nil,
                    diagnostic: "<b>answer \(place)", reporter: "mx.example", recipient: nil, isSigned: report.2, at: desk.clock.now))
            #expect(recording == .recorded(undelivered: place == 0))
        }
        try await desk.serve { visitor in
            let page = try await visitor.get(path).text
            #expect(page.contains("<strong>4</strong> servi·es") && page.contains("<strong>1</strong> en échec"))
            #expect(page.contains("Message revenu le") && page.contains("la boîte est pleine.") && page.contains("&lt;b&gt;answer 0"))
            #expect(page.contains("Avis de non-remise non signé, à vérifier") && page.contains("cette adresse n’existe pas"))
            #expect(page.contains("Déposée dans sa boîte (avis du"))
            #expect(page.contains("Un serveur essaie encore de la remettre (avis du"))
            #expect(page.contains("Transmise au serveur suivant (avis du"))
            // The relay had taken it: that it said so is no news under a failure.
            #expect(!page.contains("Dernière réponse du serveur"))
            let english = try await visitor.get(path, Visitor.browser.merging(["Accept-Language": "en"]) { $1 }).text
            #expect(page.contains("Servez ces personnes autrement avant la fin du"))
            // Past the last lawful moment nobody is sent to serve in time any more.
            desk.clock.set(sitting.draft.deadline)
            let late = try await visitor.get(path).text
            #expect(late.contains("est passé : une remise faite maintenant ne rend plus") && !late.contains("avant la fin du"), "\(late)")
            #expect(english.contains("the mailbox is full.") && english.contains("Delivered to the mailbox (reported on"))
        }
    }
}
