import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("The clerk's links")
struct ClerkTests {
    @Test("looking at the approval changes nothing, whoever looks; pressing the button convenes, once")
    func approve() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting(members: 11)
        let path = try await desk.clerkPath(.approve(revision: sitting.revision), sitting)
        try await desk.serve { visitor in
            let before = try await desk.store.storage.journalSize()
            let page = try await visitor.get(path)
            #expect(page.status == 200)
            #expect(page.text.contains("<strong>10</strong> par courriel"))
            #expect(page.text.contains("<strong>1</strong> sur papier"))
            #expect(page.text.contains("mercredi 9 décembre 2026"))
            #expect(try await visitor.get(path, Visitor.scanner).status == 200)
            #expect(try await visitor.head(path).status == 200)
            #expect(desk.watched.writes == 0)
            #expect(try await desk.store.storage.journalSize() == before)
            #expect(try await desk.store.storage.sitting(sitting.id)?.state == .draft)

            #expect(try await visitor.post(path, ["form": "00"]).status == 400)
            #expect(try await desk.store.storage.sitting(sitting.id)?.state == .draft)
            let form = try #require(page.form)
            let approved = try await visitor.post(path, ["form": form])
            #expect(approved.status == 200)
            #expect(approved.text.contains("Par courriel : 10. Sur papier : 1."))
            #expect(try await visitor.post(path, ["form": form]).text.contains("Déjà approuvé"))
            #expect(try await visitor.get(path).text.contains("Déjà approuvé"))
            #expect(try await desk.facts(.sittingApproved) == 1)
        }
    }

    @Test("an approval link of a preview that a newer drop replaced approves nothing")
    func stale() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting()
        let path = try await desk.clerkPath(.approve(revision: sitting.revision), sitting)
        let cancel = try await desk.clerkPath(.cancel(revision: sitting.revision), sitting)
        try await desk.serve { visitor in
            let form = try #require(try await visitor.get(path).form)
            let cancelForm = try #require(try await visitor.get(cancel).form)
            _ = try await desk.store.storage.submit(Sample.draft(documents: desk.store.makeDocuments(4)), at: desk.clock.now)
            for answer in [
                try await visitor.get(path), try await visitor.post(path, ["form": form]), try await visitor.get(cancel),
                try await visitor.post(cancel, ["form": cancelForm]),
            ] {
                #expect(answer.status == 409)
                #expect(answer.text.contains("Une épreuve plus récente existe"))
            }
            #expect(try await desk.store.storage.sitting(sitting.id)?.state == .draft)
        }
    }

    @Test("by a clock that is behind the journal nothing is approved, and the page says whom to tell; set right, the same button works")
    func clockBehind() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting()
        let path = try await desk.clerkPath(.approve(revision: sitting.revision), sitting)
        try await desk.store.storage.acceptClock(at: desk.clock.now.addingTimeInterval(3600))
        try await desk.serve { visitor in
            let page = try await visitor.get(path)
            let form = try #require(page.form, "\(page.status) \(page.text)")
            let refused = try await visitor.post(path, ["form": form])
            #expect(refused.status == 409 && refused.text.contains("l’horloge du serveur est fausse"), "\(refused.text)")
            #expect(try await desk.store.storage.sitting(sitting.id)?.state == .draft)
            desk.clock.advance(by: 3600)
            #expect(try await visitor.post(path, ["form": try #require(try await visitor.get(path).form)]).status == 200)
            #expect(try await desk.store.storage.sitting(sitting.id)?.state == .approved)
        }
    }

    @Test("after the last lawful moment nothing is approved, and the page says until when and what else to do")
    func tooLate() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting()
        let path = try await desk.clerkPath(.approve(revision: sitting.revision), sitting)
        desk.clock.set(sitting.draft.deadline.addingTimeInterval(-1))
        try await desk.serve { visitor in
            let form = try #require(try await visitor.get(path).form)
            desk.clock.advance(by: 1)
            let posted = try await visitor.post(path, ["form": form])
            #expect(posted.status == 409)
            let page = try await visitor.get(path)
            for text in [posted.text, page.text] {
                #expect(text.contains("mercredi 9 décembre 2026"))
                #expect(text.contains("urgence"))
                #expect(text.contains("Une autre date"))
            }
            #expect(page.form == nil)
            #expect(try await desk.facts(.sittingApproved) == 0)
        }
    }

    @Test("cancelling takes a press of its button, and then approving is void")
    func cancel() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting()
        let path = try await desk.clerkPath(.cancel(revision: sitting.revision), sitting)
        let approve = try await desk.clerkPath(.approve(revision: sitting.revision), sitting)
        try await desk.serve { visitor in
            let approveForm = try #require(try await visitor.get(approve).form)
            let form = try #require(try await visitor.get(path).form)
            #expect(try await visitor.post(path, ["form": approveForm]).status == 400)
            #expect(try await desk.facts(.sittingCancelled) == 0)
            #expect(try await visitor.post(path, ["form": form]).status == 200)
            #expect(try await visitor.post(path, ["form": form]).status == 200)
            #expect(try await desk.facts(.sittingCancelled) == 1)
            let late = try await visitor.post(approve, ["form": approveForm])
            #expect([409, 410].contains(late.status))
            #expect(try await desk.facts(.sittingApproved) == 0)
        }
    }

    @Test("the follow-up shows counts, people, replies and receipts, renews itself, and can be stopped")
    func follow() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 11)
        let path = try await desk.clerkPath(.follow, sitting)
        let composed = try await desk.store.composeAll()
        let leased = try await desk.store.storage.lease(limit: 100, at: desk.clock.now)
        try await desk.store.storage.record(
            leased.enumerated().map { number, message in
                DeliveryOutcome(
                    id: message.id, attempt: message.attempt, result: number == 0 ? .refused : .accepted,
                    reply: number == 0 ? "550 5.1.1 <script>User unknown" : "250 OK", queueID: nil, relay: "127.0.0.1:25",
                    at: desk.clock.now)
            })
        desk.clock.advance(by: 3600)
        let failed = try #require(composed.first { $0.message.recipient == leased[0].message.recipient })
        let reader = try #require(composed.first { $0.id != failed.id })
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(reader, 0)).status == 303)
            let before = desk.watched.writes
            let page = try await visitor.get(path)
            #expect(page.status == 200)
            #expect(page.text.contains("<strong>11</strong> convoqué·es"))
            #expect(page.text.contains("<strong>9</strong> servi·es"))
            #expect(page.text.contains("<strong>1</strong> accusé de réception"))
            #expect(page.text.contains("<strong>1</strong> en échec"))
            #expect(page.text.contains("<strong>1</strong> à servir sur papier"))
            #expect(page.text.contains("550 5.1.1 &lt;script&gt;User unknown"))
            #expect(page.text.contains("Mme Éloïse Le Goff"))
            #expect(page.text.contains("<meta http-equiv=\"refresh\" content=\"30\">"))
            #expect(try await !visitor.get(path + "?pause=1").text.contains("http-equiv=\"refresh\""))
            #expect(
                try await visitor.get(path, Visitor.browser.merging(["Accept-Language": "en"]) { $1 }).text.contains(
                    "<strong>11</strong> convened"))
            #expect(desk.watched.writes == before)
        }
    }

    @Test("paper service is recorded once, with its day and how, and not for days to come")
    func paper() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 10)
        let path = try await desk.clerkPath(.follow, sitting)
        desk.clock.advance(by: 2 * 86_400)
        try await desk.serve { visitor in
            let page = try await visitor.get(path)
            let member = try #require(try await desk.store.storage.status(of: sitting.id).first { $0.state == .paperDue }?.member.id)
            let address = path + "/papier/\(member)"
            #expect(page.text.contains(address))
            let form = try #require(try await visitor.get(address).form)
            for fields in [
                ["form": form], ["form": form, "date": "2026-11-24"], ["form": form, "how": "posted"],
                ["form": form, "date": "2026-02-30", "how": "posted"], ["form": form, "date": "2026-11-24", "how": "by pigeon"],
            ] {
                let answer = try await visitor.post(address, fields)
                #expect(answer.status == 422)
                #expect(answer.text.contains("role=\"alert\""))
            }
            // Before the approval, and to come.
            for (language, words) in [
                ("fr", "du mardi 24 novembre 2026 au jeudi 26 novembre 2026"),
                ("en", "from Tuesday 24 November 2026 to Thursday 26 November 2026"),
            ] {
                for date in ["2020-01-01", "2026-11-23", "2026-11-27", "2027-01-01"] {
                    let answer = try await visitor.post(address + "?lang=\(language)", ["form": form, "date": date, "how": "posted"])
                    #expect(answer.status == 422 && answer.text.contains(words), "\(language) \(date)")
                }
            }
            #expect(try await visitor.post(address, ["form": "x", "date": "2026-11-24", "how": "posted"]).status == 400)
            #expect(try await desk.facts(.convocationPaper) == 0)
            for _ in 1...2 {
                let answer = try await visitor.post(address, ["form": form, "date": "2026-11-25", "how": "handed over"])
                #expect(answer.status == 303)
                #expect(answer.location == path + "/etat")
            }
            #expect(try await desk.facts(.convocationPaper) == 1)
            let follow = try await visitor.get(path + "/etat").text
            #expect(follow.contains("Servi·e sur papier") && follow.contains("le 25/11/2026, en main propre ou au domicile"))
            let status = try await desk.store.storage.status(of: sitting.id).first { $0.member.id == member }
            #expect(status?.paperService?.day == CivilDate(iso: "2026-11-25"))
            #expect(try await visitor.get(path + "/papier/99999").status == 404)
            #expect(try await visitor.get(path + "/papier/x").status == 404)
        }
    }

    @Test("what is recorded on paper is corrected only by a form that says so, and both stand in the journal")
    func paperCorrection() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 10)
        let path = try await desk.clerkPath(.follow, sitting)
        let member = try #require(try await desk.store.storage.status(of: sitting.id).first { $0.state == .paperDue }?.member.id)
        desk.clock.advance(by: 2 * 86_400)
        try await desk.serve { visitor in
            let address = path + "/papier/\(member)"
            let (first, other) = (try #require(try await visitor.get(address).form), try #require(try await visitor.get(address).form))
            #expect(try await visitor.post(address, ["form": first, "date": "2026-11-25", "how": "posted"]).status == 303)
            // A colleague's form, opened before.
            let late = try await visitor.post(address, ["form": other, "date": "2026-11-24", "how": "handed over"])
            #expect(late.status == 422 && late.text.contains("Une remise a été notée entre-temps"))
            #expect(late.text.contains("le mercredi 25 novembre 2026, postée"))
            #expect(try await desk.facts(.convocationPaper) == 1)

            #expect(try await visitor.get(path).text.contains("Corriger la remise sur papier"))
            let page = try await visitor.get(address)
            #expect(page.text.contains("Corriger la remise</button>") && page.text.contains("value=\"2026-11-25\""))
            let same = try await visitor.post(address, ["form": try #require(page.form), "date": "2026-11-25", "how": "posted"])
            #expect(same.status == 200 && same.text.contains("Déjà noté à l’identique"))
            #expect(try await desk.facts(.convocationPaper) == 1)

            let form = try #require(same.form)
            #expect(try await visitor.post(address, ["form": form, "date": "2020-01-01", "how": "posted"]).status == 422)
            for _ in 1...2 {
                let answer = try await visitor.post(address, ["form": form, "date": "2026-11-24", "how": "handed over"])
                #expect(answer.status == 303)
            }
            #expect(try await desk.facts(.convocationPaper) == 2)
            let follow = try await visitor.get(path + "?lang=en").text
            #expect(follow.contains("on 24/11/2026, in person or at home (corrected)"))
        }
    }

    @Test("service on paper is not offered for a cancelled sitting, and a form from before is told why")
    func paperAfterCancellation() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 10)
        let path = try await desk.clerkPath(.follow, sitting)
        let member = try #require(try await desk.store.storage.status(of: sitting.id).first { $0.state == .paperDue }?.member.id)
        try await desk.serve { visitor in
            let address = path + "/papier/\(member)"
            let form = try #require(try await visitor.get(address).form)
            try await desk.store.storage.cancel(sitting.id, by: "test", at: desk.clock.now)
            let answer = try await visitor.post(address, ["form": form, "date": "2026-11-24", "how": "posted"])
            #expect(answer.status == 409 && answer.text.contains("Cette séance est annulée"))
            let page = try await visitor.get(address)
            #expect(page.text.contains("Cette séance est annulée") && page.form == nil)
            let follow = try await visitor.get(path).text
            #expect(follow.contains("Cette séance est annulée.") && !follow.contains("/papier/"))
            #expect(try await desk.facts(.convocationPaper) == 0)
        }
    }

    @Test("a failed write under the paper form can be pressed again")
    func paperFailure() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.approvedSitting(members: 10)
        let path = try await desk.clerkPath(.follow, sitting)
        let member = try #require(try await desk.store.storage.status(of: sitting.id).first { $0.state == .paperDue }?.member.id)
        try await desk.serve { visitor in
            let address = path + "/papier/\(member)"
            let form = try #require(try await visitor.get(address).form)
            let fields = ["form": form, "date": "24/11/2026", "how": "posted"]
            desk.watched.fail(.writes)
            #expect(try await visitor.post(address, fields.mapValues { $0.replacing("/", with: "%2F") }).status == 503)
            desk.watched.fail(.nothing)
            #expect(try await visitor.post(address, fields.mapValues { $0.replacing("/", with: "%2F") }).status == 303)
            #expect(try await desk.facts(.convocationPaper) == 1)
        }
    }

    @Test("a review link leads to the document of the preview")
    func review() async throws {
        let desk = try Desk()
        let sitting = try await desk.store.draftSitting()
        let hash = sitting.draft.documents[1].hash
        let path = try await desk.clerkPath(.review(hash), sitting)
        try await desk.serve { visitor in
            let before = try await desk.store.storage.journalSize()
            let answer = try await visitor.get(path)
            #expect(answer.status == 303)
            #expect(Sample.hash(try await visitor.get(try #require(answer.location)).body) == hash)
            #expect(try await visitor.post(path, [:]).status == 405)
            #expect(try await visitor.get(path + "/etat").status == 404)
            #expect(try await desk.store.storage.journalSize() == before)
        }
    }
}
