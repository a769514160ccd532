import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("A member's links after the sitting was cancelled")
struct CancelledTests {
    private let words: [Language: (news: String, invitation: String)] = [
        .french: ("Cette séance est annulée.", "vous accusez réception"),
        .english: ("This sitting is cancelled.", "you acknowledge receipt"),
    ]

    @Test("every page says so, invites nobody to acknowledge, and the documents stay readable", arguments: ReceiptPolicy.allCases)
    func pages(_ policy: ReceiptPolicy) async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let sitting = try #require(try await desk.store.storage.sittings().first)
        try await desk.store.storage.cancel(sitting.id, by: "test", at: desk.clock.now)
        try await desk.serve(Desk.settings(policy)) { visitor in
            for number in [0, 1, 3] {
                for (language, words) in words {
                    for headers in [Visitor.browser, Visitor.scanner] {
                        let page = try await visitor.get(desk.path(convocation, number) + "?lang=\(language.rawValue)", headers)
                        #expect(page.status == 200 && page.text.contains(words.news), "\(number) \(language)")
                        #expect(
                            !page.text.contains(words.invitation) && !page.text.contains("Ouvrir la convocation"), "\(number) \(language)")
                    }
                }
                let form = try #require(try await visitor.get(desk.path(convocation, number)).form)
                let target = try #require(try await visitor.post(desk.path(convocation, number), ["form": form]).location)
                let answer = try await visitor.get(target)
                #expect(answer.status == 200)
                if number < 3 {
                    #expect(Sample.hash(answer.body) == sitting.draft.documents[number].hash)
                } else {
                    #expect(answer.text.contains("Cette séance est annulée.") && !answer.text.contains("vaut accusé de réception"))
                }
            }
        }
    }

    @Test("of one that has changed date, every page says to when; and where the new one is cancelled too, that")
    func moved() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let storage = desk.store.storage
        let old = try #require(try await storage.sittings().first)
        let follow = try await desk.clerkPath(.follow, old)
        let draft = Sample.draft(documents: old.draft.documents, day: "2026-12-17", replacing: old)
        let new = try await storage.submit(draft, at: desk.clock.now).sitting
        _ = try await storage.approve(new.id, revision: nil, by: "test", at: desk.clock.now)
        try await desk.serve { visitor in
            func pages(_ language: String) async throws -> [String] {
                let sitting = desk.path(convocation, 3)
                let form = try #require(try await visitor.get(sitting).form)
                let target = try #require(try await visitor.post(sitting, ["form": form]).location)
                var pages: [String] = []
                for path in [desk.path(convocation, 0), target, follow] {
                    pages.append(try await visitor.get(path + "?lang=" + language).text)
                }
                return pages
            }
            for page in try await pages("fr") {
                #expect(page.contains("Cette séance a changé de date : elle se tient le jeudi 17 décembre 2026 à 18"), "\(page)")
                #expect(!page.contains("Cette séance est annulée."))
            }
            for page in try await pages("en") { #expect(page.contains("it is held on Thursday 17 December 2026 at"), "\(page)") }
            try await storage.cancel(new.id, by: "test", at: desk.clock.now)
            for page in try await pages("fr") { #expect(page.contains("et la nouvelle est annulée aussi"), "\(page)") }
            for page in try await pages("en") { #expect(page.contains("and the new one is cancelled as well"), "\(page)") }
        }
    }

    @Test("an opening is still journalled with its grade, behind the cancellation")
    func journalled() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let sitting = try #require(try await desk.store.storage.sittings().first)
        try await desk.store.storage.cancel(sitting.id, by: "test", at: desk.clock.now)
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocation, 0), Visitor.scanner).status == 200)
            #expect(try await desk.facts(.accessRobot) == 1)
            #expect(try await desk.facts(.receiptOpened) == 0)
            #expect(try await visitor.get(desk.path(convocation, 1)).status == 200)
            #expect(try await desk.facts(.accessRobot) == 1)
            #expect(try await desk.facts(.receiptOpened) == 1)
            let cancelled = try #require(try await desk.store.storage.journal(matching: JournalQuery(types: [.sittingCancelled])).first).seq
            let opened = try #require(try await desk.store.storage.journal(matching: JournalQuery(types: [.receiptOpened])).first).seq
            #expect(opened > cancelled)
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptAt == nil)
            let follow = try await visitor.get(try await desk.clerkPath(.follow, sitting)).text
            #expect(follow.contains("<strong>0</strong> accusé de réception") && !follow.contains("Noter une remise"))
        }
    }
}
