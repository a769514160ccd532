import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("Reminders and cancellations, for the clerk")
struct ReminderTests {
    @Test("the button reminds whoever has not acknowledged, once however often it is pressed, and then goes")
    func remind() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene()
        let storage = desk.store.storage
        let sitting = try #require(try await storage.sittings().first)
        let path = try await desk.clerkPath(.follow, sitting)
        let opened = try #require(convocations[0].links.first { $0.target == .sitting })
        _ = try await storage.record(Access(link: opened.id, at: desk.clock.now, grade: .person, signals: [], document: nil))
        try await desk.serve { visitor in
            let page = try await visitor.get(path)
            #expect(page.text.contains("Relancer les \(convocations.count - 1) personnes qui n’ont pas accusé réception"))
            #expect(try await visitor.get(path + "?lang=en").text.contains("Remind the \(convocations.count - 1) persons who have not"))
            let form = try #require(page.form)
            #expect(try await visitor.post(path + "/relance", ["form": String(form.reversed())]).status == 400)
            #expect(try await visitor.get(path + "/relance").status == 405)
            #expect(try await storage.lettersToCompose(limit: 99).isEmpty, "looking and forging do nothing")
            for _ in 0..<2 { #expect(try await visitor.post(path + "/relance", ["form": form]).location == path + "/etat") }
            #expect(try await storage.lettersToCompose(limit: 99).count == convocations.count - 1)
        }
    }

    @Test("cancelling says that mails leave by themselves, before and after, and in both languages")
    func cancel() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene()
        let sitting = try #require(try await desk.store.storage.sittings().first)
        let path = try await desk.clerkPath(.cancel(revision: sitting.revision), sitting)
        try await desk.serve { visitor in
            let page = try await visitor.get(path)
            #expect(page.text.contains("reçoivent aussitôt un avis d’annulation"))
            #expect(try await visitor.get(path + "?lang=en").text.contains("is told at once by e-mail"))
            let done = try await visitor.post(path, ["form": try #require(page.form)])
            #expect(done.text.contains("\(convocations.count) personnes, dont la convocation était partie par courriel, en sont averties"))
            #expect(try await visitor.get(path + "?lang=en").text.contains("\(convocations.count) persons, who were convened by e-mail"))
            let follow = try await visitor.get(try await desk.clerkPath(.follow, sitting))
            #expect(follow.text.contains("Avis d’annulation en cours d’envoi") && !follow.text.contains("Relancer"))
        }
    }
}
