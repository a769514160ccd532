import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("A convocation of unknown outcome, on the clerk's page")
struct ClerkResendTests {
    @Test("a press of its button sends it again, once; a forged, other or late form does nothing")
    func resend() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 2)
        let path = try await desk.clerkPath(.follow, sitting)
        try await desk.store.composeAll()
        let storage = desk.store.storage
        let leased = try await storage.lease(limit: 9, at: desk.clock.now)
        try await storage.record(leased.map { Sample.outcome(of: $0, .unknown(retryAt: nil), at: desk.clock.now) })
        let held = try await storage.status(of: sitting.id).filter(\.isHeld)
        #expect(held.count == leased.count && held.count >= 2)
        try await desk.serve { visitor in
            let page = try await visitor.get(path).text
            #expect(page.contains("Envoi incertain") && page.contains("Envoyer de nouveau"))
            #expect(!page.contains("Dernière réponse du serveur"))
            let form = try #require(page.firstMatch(of: /renvoi\/(\d+)".*?name="form" value="([0-9a-f]+)"/))
            let (member, token) = (String(form.1), String(form.2))
            let other = try #require(held.map { "\($0.member.id)" }.first { $0 != member })
            #expect(try await visitor.post(path + "/renvoi/" + other, ["form": token]).status == 400)
            #expect(try await visitor.post(path + "/renvoi/" + member, ["form": "00"]).status == 400)
            #expect(try await visitor.post(path + "/renvoi/999", ["form": token]).status == 404)
            #expect(try await visitor.get(path + "/renvoi/" + member).status == 405)
            #expect(try await desk.facts(.convocationRepeated) == 0)
            #expect(try await visitor.post(path + "/renvoi/" + member, ["form": token]).status == 303)
            #expect(try await visitor.post(path + "/renvoi/" + member, ["form": token]).status == 303)
            #expect(try await desk.facts(.convocationRepeated) == 1)
            #expect(try await storage.queueCounts()[.ready] == 1)
            // After the last lawful moment there is no button: what may have left can't be made lawful.
            desk.clock.set(sitting.draft.deadline)
            #expect(try await !visitor.get(path).text.contains("Envoyer de nouveau"))
        }
    }
}
