import Council
import Curl
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("The clerk's links to what is added after the convocations")
struct AmendmentTests {
    private func amended(_ desk: Desk, _ count: Int = 4, place: String? = nil) async throws -> StoredAmendment {
        let documents = try desk.store.makeDocuments(count)
        let draft = place.map { Sample.draft(documents: documents, place: $0) } ?? Sample.draft(documents: documents)
        guard case .amended(_, let amendment) = try await desk.store.storage.submit(draft, at: desk.clock.now) else { throw NotAmended() }
        return amendment
    }

    private struct NotAmended: Error {}

    @Test("looking changes nothing; pressing the button tells the members, once")
    func approve() async throws {
        let desk = try Desk()
        _ = try await desk.convene(members: 11)
        let sitting = try #require(try await desk.store.storage.sittings().first)
        let amendment = try await amended(desk, place: "Gymnase, 3 rue des Sports")
        let path = try await desk.clerkPath(.approve(revision: 2), sitting)
        try await desk.serve { visitor in
            let before = try await desk.store.storage.journalSize()
            for language in ["fr", "en"] {
                let page = try await visitor.get(path + "?lang=\(language)")
                #expect(page.status == 200 && page.text.contains("Gymnase, 3 rue des Sports") && page.text.contains("<strong>10</strong>"))
                #expect(page.text.contains(amendment.content.added[0].title))
            }
            #expect(try await visitor.get(path, Visitor.scanner).status == 200)
            #expect(try await desk.store.storage.journalSize() == before)
            #expect(try await visitor.post(path, ["form": "00"]).status == 400)
            let form = try #require(try await visitor.get(path).form)
            let follow = try await desk.clerkPath(.follow, sitting)
            #expect(try await visitor.get(follow).text.contains("attend votre approbation"))
            #expect(try await visitor.get(follow + "?lang=en").text.contains("waits for your approval"))
            let now = desk.clock.now
            desk.clock.advance(by: sitting.draft.start.timeIntervalSince(now))
            #expect(try await visitor.get(follow).text.contains("n’a pas été approuvé avant la séance"))
            #expect(try await visitor.get(follow + "?lang=en").text.contains("was not approved before the sitting"))
            desk.clock.advance(by: -sitting.draft.start.timeIntervalSince(now))
            let answer = try await visitor.post(path, ["form": form])
            #expect(answer.status == 200 && answer.text.contains("Par courriel : 10.") && answer.text.contains("par vos soins : 1."))
            #expect(try await visitor.post(path, ["form": form]).text.contains("Déjà approuvé"))
            #expect(try await desk.facts(.sittingAmended) == 1)
            #expect(try await !visitor.get(follow).text.contains("attend votre approbation"))
        }
    }

    @Test("the button under a letter's link speaks of the change, not of the convocation")
    func confirmChange() async throws {
        let desk = try Desk()
        let storage = desk.store.storage
        let convocation = try #require(try await desk.convene(members: 1).first)
        let sitting = try #require(try await storage.sittings().first)
        _ = try await amended(desk)
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: desk.clock.now)
        let letter = try #require(try await storage.lettersToCompose(limit: 9).first)
        try await storage.writeLetters(at: desk.clock.now)
        try await storage.relayAll(at: desk.clock.now)
        desk.clock.advance(by: 60)
        let link = try #require(Sample.links(of: letter).first)
        let change = "/r/" + desk.keyring.token(for: link.id, purpose: .member, expires: link.expires)
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let page = try await visitor.get(change)
            #expect(page.text.contains("voici ce qui change") && page.text.contains("ne remplace pas"), "\(page.text)")
            #expect(!page.text.contains("votre convocation"), "\(page.text)")
            #expect(try await visitor.get(change + "?lang=en").text.contains("this is what changes"))
            let first = try await visitor.get(desk.path(convocation, 0)).text
            #expect(first.contains("votre convocation") && !first.contains("ce qui change"), "\(first)")
        }
    }

    @Test("a newer drop voids the link; a late addition is told as such")
    func stale() async throws {
        let desk = try Desk()
        _ = try await desk.convene()
        let sitting = try #require(try await desk.store.storage.sittings().first)
        _ = try await amended(desk)
        let path = try await desk.clerkPath(.approve(revision: 2), sitting)
        try await desk.serve { visitor in
            let form = try #require(try await visitor.get(path).form)
            _ = try await amended(desk, 5)
            for answer in [try await visitor.get(path), try await visitor.post(path, ["form": form])] {
                #expect(answer.status == 409 && answer.text.contains("Une épreuve plus récente existe"))
            }
            let newer = try await desk.clerkPath(.approve(revision: 3), sitting)
            desk.clock.set(sitting.draft.deadline)
            #expect(try await visitor.get(newer).text.contains("Le dernier moment légal (le mercredi 9 décembre 2026"))
            desk.clock.set(sitting.draft.start)
            let over = try await visitor.get(newer)
            #expect(over.form == nil && over.text.contains("La séance a commencé"))
        }
    }

    @Test("the folder dropped again as it is in force voids the link, and the page says so")
    func takenBack() async throws {
        let desk = try Desk()
        _ = try await desk.convene()
        let sitting = try #require(try await desk.store.storage.sittings().first)
        _ = try await amended(desk, place: "Gymnase")
        let path = try await desk.clerkPath(.approve(revision: 2), sitting)
        try await desk.serve { visitor in
            let form = try #require(try await visitor.get(path).form)
            _ = try await desk.store.storage.submit(sitting.draft, at: desk.clock.now)
            for answer in [try await visitor.get(path), try await visitor.post(path, ["form": form])] {
                #expect(answer.status == 409 && answer.form == nil && answer.text.contains("Ce complément a été retiré"))
            }
            #expect(try await visitor.get(path + "?lang=en").text.contains("This addition was withdrawn"))
            #expect(try await desk.facts(.sittingAmended) == 0)
        }
    }

    @Test("the page to approve a sitting in another's place says that the button cancels that one, and what it would lose")
    func replacing() async throws {
        let desk = try Desk()
        _ = try await desk.convene()
        let old = try #require(try await desk.store.storage.sittings().first)
        let documents = Array(old.draft.documents.dropLast())
        let draft = Sample.draft(documents: documents, day: "2026-12-17", replacing: old)
        let new = try await desk.store.storage.submit(draft, at: desk.clock.now).sitting
        let path = try await desk.clerkPath(.approve(revision: 1), new)
        let lost = try #require(old.draft.documents.last).fileName
        try await desk.serve { visitor in
            let page = try await visitor.get(path).text
            #expect(
                page.contains("Le bouton annule aussi la séance du") && page.contains("15 décembre 2026") && page.contains(lost), "\(page)")
            #expect(try await visitor.get(path + "?lang=en").text.contains("The button also cancels the sitting on"))
        }
    }

    @Test("a document that waits can be reviewed; one that was replaced still opens for who holds its link")
    func documents() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let sitting = try #require(try await desk.store.storage.sittings().first)
        let (hash, size) = try desk.store.documents.add(Array("%PDF-1.7\n% other\n%%EOF\n".utf8))
        let other = Sample.document(1, hash: hash, size: size)
        _ = try await desk.store.storage.submit(Sample.draft(documents: [other]), at: desk.clock.now)
        let review = try await desk.clerkPath(.review(hash), sitting)
        let cancel = try await desk.clerkPath(.cancel(revision: 1), sitting)
        try await desk.serve { visitor in
            let target = try #require(try await visitor.get(review).location)
            #expect(Sample.hash(try await visitor.get(target).body) == hash)
            _ = try await desk.store.storage.approveAmendment(of: sitting.id, revision: 2, by: "test", at: desk.clock.now)
            let old = try #require(try await visitor.get(desk.path(convocation, 1)).location)
            #expect(Sample.hash(try await visitor.get(old).body) == sitting.draft.documents[1].hash)
            let page = try #require(try await visitor.get(desk.path(convocation, 3)).location)
            #expect(try await visitor.get(page).text.contains(other.title))
            #expect(try await visitor.get(cancel).status == 200, "the sitting can still be cancelled by its first link")
        }
    }
}
