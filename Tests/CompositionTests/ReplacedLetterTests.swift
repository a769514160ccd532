import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Letters that tell what older ones have not told")
struct ReplacedLetterTests {
    @Test func `whoever missed a place reads the last one, with the place that they know`() async throws {
        let stage = try Stage(now: Fixture.instant("2026-12-07 06:00"))
        let sitting = try await stage.test.approvedSitting(members: 2, documents: 2, at: stage.now)
        try await stage.service.composePending()
        try await stage.test.relayAll(at: stage.now)
        let all = try stage.test.makeDocuments(3)
        for (documents, place) in [(Array(all.prefix(2)), "Salle B"), (all, "Salle C")] {
            _ = try await stage.storage.submit(Sample.draft(documents: documents, place: place), at: stage.now)
            _ = try await stage.storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: stage.now)
            try await stage.service.composePending()
            let leased = try await stage.storage.lease(limit: 99, at: stage.now)
            let letters = leased.filter { $0.message.kind == .changedPlace }
            if place == "Salle B" {
                let results: [DeliveryOutcome.Result] = [.accepted, .deferred(retryAt: stage.now)]
                try await stage.storage.record(zip(letters, results).map { Sample.outcome(of: $0, $1, at: stage.now) })
            } else {
                let mails = try Judge.messages(letters.map(\.message.bytes)).map { ($0.text ?? "").replacing("\r\n", with: "\n") }
                #expect(mails.count == 2 && mails.allSatisfy { $0.contains("Salle C") && $0.contains("2. Délibération n° 2") })
                #expect(mails.count { $0.contains("Lieu prévu auparavant : Salle B") } == 1)
                #expect(mails.count { $0.contains("Lieu prévu auparavant : Salle des fêtes") && !$0.contains("Salle B") } == 1)
            }
            try await stage.storage.record(
                leased.filter { $0.message.kind != .changedPlace || place == "Salle C" }.map {
                    Sample.outcome(of: $0, .accepted, at: stage.now)
                })
        }
        #expect(try await stage.storage.compareState(limit: 9).differences == [])
    }
}
