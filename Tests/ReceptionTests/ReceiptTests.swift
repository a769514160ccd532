import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("From a click to a receipt")
struct ReceiptTests {
    @Test("a person's click is journalled, then led to the document")
    func person() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor in
            let answer = try await visitor.get(desk.path(convocation, 1))
            #expect(answer.status == 303)
            let location = try #require(answer.location)
            #expect(location.hasPrefix("/d/"))
            #expect(location.hasSuffix("/01%20D%C3%A9lib%C3%A9ration%20n%C2%B0%201.pdf"))
            #expect(answer.header("Cache-Control") == "no-store")
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("X-Robots-Tag")?.contains("noindex") == true)
            #expect(answer.header("Set-Cookie") == nil)
            #expect(try await desk.facts(.receiptOpened) == 1)
            let status = try #require(try await desk.store.storage.convocation(convocation.id))
            #expect(status.receiptAt == desk.clock.now)
            #expect(status.receiptGrade == .person)
            let document = try await visitor.get(location)
            #expect(document.status == 200)
            #expect(Sample.hash(document.body) == convocation.links[1].target.documentHash)
        }
    }

    @Test("HEAD makes no receipt and gives no way around one")
    func head() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor in
            let before = try await desk.store.storage.journalSize()
            let head = try await visitor.head(desk.path(convocation, 0))
            #expect(head.status == 200)
            #expect(head.location == nil)
            #expect(head.body.isEmpty)
            #expect(Int(head.header("Content-Length") ?? "") ?? 0 > 0)
            #expect(try await visitor.head(desk.path(convocation, 3)).status == 200)
            #expect(try await desk.store.storage.journalSize() == before)
            #expect(desk.watched.writes == 0)
            // A gateway's HEAD doesn't spoil the person's click behind it.
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
        }
    }

    @Test("under `direct`, HEAD is answered as a robot's GET is, and nothing is journalled")
    func headDirect() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve(Desk.settings(.direct)) { visitor in
            #expect(try await visitor.head(desk.path(convocation, 0)).status == 303)
            #expect(desk.watched.writes == 0)
            let get = try await visitor.get(desk.path(convocation, 0), Visitor.scanner)
            #expect(get.status == 303)
            #expect(try await desk.facts(.accessRobot) == 1)
        }
    }

    @Test("each policy answers a person and a robot as its row says", arguments: GradePolicyTests.table.filter { $0.grade != .confirmed })
    func policies(_ row: GradePolicyTests.Row) async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve(Desk.settings(row.policy)) { visitor in
            let answer = try await visitor.get(desk.path(convocation, 0), row.grade == .person ? Visitor.browser : Visitor.scanner)
            #expect(answer.status == (row.answer == .redirect ? 303 : 200))
            #expect((answer.form != nil) == (row.answer == .page))
            #expect(try await desk.facts(.receiptOpened) == (row.recorded == .person ? 1 : 0))
            #expect(try await desk.facts(.accessRobot) == (row.recorded == .robot ? 1 : 0))
            #expect(try await desk.facts(.receiptConfirmed) == 0)
        }
    }

    @Test("pressing the button is the strongest receipt; pressing it twice is one receipt")
    func button() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let page = try await visitor.get(desk.path(convocation, 0))
            let form = try #require(page.form)
            #expect(!page.text.contains("<script"))
            for _ in 1...2 {
                let answer = try await visitor.post(desk.path(convocation, 0), ["form": form])
                #expect(answer.status == 303)
                #expect(answer.location?.hasPrefix("/d/") == true)
            }
            #expect(try await desk.facts(.receiptConfirmed) == 1)
            #expect(try await desk.facts(.receiptOpened, .accessRobot) == 0)
        }
    }

    @Test("a form that is missing, invented, another link's, too old, a scanner's or another site's makes no receipt")
    func badForms() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene()
        let (mine, other) = (convocations[0], convocations[1])
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let form = try #require(try await visitor.get(desk.path(mine, 0)).form)
            let foreign = try #require(try await visitor.get(desk.path(other, 0)).form)
            let second = try #require(try await visitor.get(desk.path(mine, 1)).form)
            let altered = (form.first == "0" ? "1" : "0") + form.dropFirst()
            for wrong in ["", "x", String(repeating: "0", count: 56), foreign, second, altered, form + "00"] {
                let answer = try await visitor.post(desk.path(mine, 0), ["form": wrong])
                #expect(answer.status == 400)
                #expect(answer.form != nil)
            }
            #expect(try await visitor.post(desk.path(mine, 0), [:]).status == 400)
            #expect(try await visitor.post(desk.path(mine, 0), ["form": form], Visitor.scanner).status == 400)
            let crossSite = Visitor.browser.merging(["Sec-Fetch-Site": "cross-site"]) { $1 }
            #expect(try await visitor.post(desk.path(mine, 0), ["form": form], crossSite).status == 400)
            let plain = Visitor.browser.merging(["Content-Type": "text/plain"]) { $1 }
            #expect(try await visitor.post(desk.path(mine, 0), ["form": form], plain).status == 400)
            desk.clock.advance(by: 12 * 3600)
            #expect(try await visitor.post(desk.path(mine, 0), ["form": form]).status == 400)
            desk.clock.advance(by: -1)
            #expect(try await desk.facts(.receiptConfirmed, .receiptOpened) == 0)
            #expect(try await visitor.post(desk.path(mine, 0), ["form": form]).status == 303)
        }
    }

    @Test("a body over 8 kB is refused")
    func largeBody() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let form = try #require(try await visitor.get(desk.path(convocation, 0)).form)
            let padding = String(repeating: "x", count: 8200)
            #expect(try await visitor.post(desk.path(convocation, 0), ["a": padding, "form": form]).status == 413)
            #expect(try await desk.facts(.receiptConfirmed) == 0)
        }
    }

    @Test("a store that can't write gives 503 and no redirect, a store that works again gives the receipt")
    func diskFull() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor in
            for failing in [WatchedStorage.Failing.writes, .everything] {
                desk.watched.fail(failing)
                let answer = try await visitor.get(desk.path(convocation, 0))
                #expect(answer.status == 503)
                #expect(answer.header("Retry-After") != nil)
                #expect(answer.location == nil)
                #expect(answer.text.contains("<h1>"))
                #expect(!answer.text.contains("DiskFull"))
            }
            #expect(try await desk.facts(.receiptOpened) == 0)
            desk.watched.fail(.nothing)
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
            #expect(try await desk.facts(.receiptOpened) == 1)
        }
    }

    @Test("a store that fails under the button gives 503, and the same button works afterwards")
    func diskFullUnderButton() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let form = try #require(try await visitor.get(desk.path(convocation, 0)).form)
            desk.watched.fail(.writes)
            #expect(try await visitor.post(desk.path(convocation, 0), ["form": form]).status == 503)
            desk.watched.fail(.nothing)
            #expect(try await visitor.post(desk.path(convocation, 0), ["form": form]).status == 303)
            #expect(try await desk.facts(.receiptConfirmed) == 1)
        }
    }

    @Test("an answered receipt is there for another process that opens the folder at once")
    func durable() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
            let other = try desk.store.reopened()
            #expect(try await other.journal(matching: JournalQuery(types: [.receiptOpened], convocation: convocation.id)).count == 1)
        }
    }

    @Test("a flood of clicks on one link is one journal entry")
    func flood() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let path = desk.path(convocation, 0)
        try await desk.serve { visitor in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { try await visitor.get(path).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 303, count: 100))
            #expect(try await desk.facts(.receiptOpened) == 1)
        }
    }

    @Test("two hundred people clicking at once are all journalled, each once")
    func crowd() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene(members: 222, documents: 1)
        let paths = convocations.prefix(200).map { desk.path($0, 0) }
        try await desk.serve { visitor in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for path in paths { group.addTask { try await visitor.get(path).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 303, count: 200))
            #expect(try await desk.facts(.receiptOpened) == 200)
        }
    }

    @Test("the sitting's link leads to its page; each document opened there is journalled by itself")
    func sittingPage() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 3)[0]
        try await desk.serve { visitor in
            let page = try #require(try await visitor.get(desk.path(convocation, 3)).location)
            #expect(page.hasPrefix("/s/"))
            let answer = try await visitor.get(page)
            #expect(answer.status == 200)
            let links = answer.text.matches(of: /href="(\/s\/[^"]+)"/).map { String($0.output.1) }
            #expect(links.count == 3)
            for (number, link) in links.enumerated() {
                desk.clock.advance(by: 10)
                let opened = try await visitor.get(link)
                #expect(opened.status == 303)
                #expect(try await visitor.get(link).status == 303)
                let document = try await visitor.get(try #require(opened.location))
                #expect(document.status == 200)
                #expect(Sample.hash(document.body) == convocation.links[number].target.documentHash)
                #expect(try await desk.facts(.receiptOpened) == number + 2)
            }
            #expect(try await visitor.get(links[0], Visitor.scanner).form != nil)
            #expect(try await visitor.get(page + "/0123456789abcdef").status == 404)
        }
    }

    @Test("under `confirm` the sitting's page has a button for each document, and one press opens it")
    func sittingButtons() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 2)[0]
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let form = try #require(try await visitor.get(desk.path(convocation, 2)).form)
            let page = try #require(try await visitor.post(desk.path(convocation, 2), ["form": form]).location)
            let text = try await visitor.get(page).text
            let forms = text.matches(of: /action="([^"]+)"><input type="hidden" name="form" value="([^"]+)"/)
            #expect(forms.count == 2)
            for match in forms {
                #expect(try await visitor.post(String(match.output.1), ["form": String(match.output.2)]).location?.hasPrefix("/d/") == true)
            }
            #expect(try await desk.facts(.receiptConfirmed) == 3)
        }
    }

    @Test("pages speak the member's language, or what is chosen on them")
    func languages() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene(members: 7)
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let english = try #require(
                try await desk.store.storage.status(of: SittingID(rawValue: "2026-12-15-18h30-conseil")).first {
                    $0.member.entry.language == .english
                })
            let convocation = try #require(convocations.first { $0.id == english.id })
            #expect(try await visitor.get(desk.path(convocation, 0)).text.contains("<html lang=\"en\">"))
            #expect(try await visitor.get(desk.path(convocation, 0) + "?lang=fr").text.contains("<html lang=\"fr\">"))
            #expect(try await visitor.get("/r/x", ["Accept-Language": "de, en-GB;q=0.8, fr;q=0.7"]).text.contains("<html lang=\"en\">"))
            #expect(try await visitor.get("/r/x", ["Accept-Language": "de"]).text.contains("<html lang=\"fr\">"))
        }
    }
}

extension Link.Target {
    var documentHash: ContentHash? {
        switch self {
        case .document(let hash), .review(let hash): hash
        default: nil
        }
    }
}
