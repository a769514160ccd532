import Council
import Curl
import DefaultFiles
import Demonstration
import Foundation
import Hummingbird
import Templating
import TestSupport
import Testing

@Suite("Looking into the embedded mailbox")
struct MailboxPagesTests {
    private static func mail(_ what: String, _ url: String = "http://127.0.0.1:9") async throws -> [UInt8] {
        let result = try await aside { try Tool.judge("sample_mail.py", [what, url]) }
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    private func withPages<Result: Sendable>(
        _ shelf: MailShelf, _ body: @escaping @Sendable (_ get: @Sendable (String) async throws -> HTTPClient.Answer) async throws -> Result
    ) async throws -> Result {
        let templates = try TemplateSet(folder: DefaultFiles.folder, languages: ["fr", "en"], schemas: DemonstrationTemplates.schemas)
        let router = Router()
        MailboxPages(shelf: shelf, templates: templates, authority: Sample.authority).add(to: router)
        let client = HTTPClient()
        return try await withSite(router) { port in try await body { try await client.get("http://127.0.0.1:\(port)\($0)") } }
    }

    @Test func `a message is shown as it was meant: subject, people, HTML in its own frame, text, files, headers, bytes`() async throws {
        let shelf = MailShelf()
        let bytes = try await Self.mail("whole")
        shelf.keep(sender: "s@valmoree.example", recipients: ["eloise.le-goff@valmoree.example"], bytes: bytes, at: Sample.now)
        try await withPages(shelf) { get in
            let page = try await get("/boite/1").text
            #expect(
                page.contains(
                    "<h1>Convocation – conseil communautaire du mardi 15 décembre 2026 à 18 h 30 🏛 et l’ordre du jour entier</h1>"))
            #expect(page.contains("Éloïse Le Goff &lt;eloise.le-goff@valmoree.example&gt;"))
            #expect(page.contains("Secrétariat général, Pays de Valmorée"))
            #expect(page.contains("mardi 24 novembre 2026 à 9 h 05"), "on the clock of the authority's zone")
            #expect(page.contains(String(repeating: "é", count: 200)), "a soft line break is left in the text")
            #expect(page.contains(".une ligne qui commence par un point"))
            #expect(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""))
            #expect(page.contains("Note de synthèse – l’été.pdf") && page.contains("seance.ics"))
            #expect(page.contains("<dt>MIME-Version</dt>"))

            let frame = try await get("/boite/1/html")
            #expect(frame.text.contains("<base target=\"_blank\">"))
            #expect(frame.text.contains("Ouvrir la <b>convocation</b>"))
            let policy = try #require(frame.header("Content-Security-Policy"))
            #expect(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("allow-scripts"))

            let raw = try await get("/boite/1/brut")
            #expect(raw.body == bytes)
            #expect(raw.header("Content-Disposition") == "attachment; filename=\"DEMO000001.eml\"")
            let part = try #require(page.firstMatch(of: #/href="(/boite/1/piece/[0-9]+)">Note/#))
            let file = try await get(String(part.1))
            #expect(file.text == "%PDF-1.7\n")
            #expect(
                file.header("Content-Disposition")
                    == "attachment; filename*=UTF-8''Note%20de%20synth%C3%A8se%20%E2%80%93%20l%E2%80%99%C3%A9t%C3%A9.pdf")
        }
    }

    @Test func `other charsets and broken messages are read as far as they can be`() async throws {
        let shelf = MailShelf()
        shelf.keep(sender: "", recipients: ["a@b.example"], bytes: try await Self.mail("latin"), at: Sample.now)
        shelf.keep(sender: "", recipients: ["a@b.example"], bytes: try await Self.mail("broken"), at: Sample.now)
        shelf.keep(sender: "", recipients: ["a@b.example"], bytes: [], at: Sample.now)
        shelf.keep(sender: "", recipients: ["a@b.example"], bytes: Array("pas d'en-tête".utf8), at: Sample.now)
        try await withPages(shelf) { (get) async throws -> Void in
            #expect(try await get("/boite/1").text.contains("Déjà vu, œuvre : 12 €"))
            #expect(try await get("/boite/2").text.contains("<h1>été début =?x?y?z</h1>"))
            #expect(try await get("/boite/2/html").text.contains("<p>café 100 =ZZ</p>"))
            #expect(try await get("/boite/3").status == 200)
            #expect(try await get("/boite/4").status == 200)
        }
    }

    @Test func `the list shows every box, one box alone when asked, and waits by itself while empty`() async throws {
        let shelf = MailShelf()
        try await withPages(shelf) { get in
            let empty = try await get("/boite")
            #expect(empty.text.contains("Aucun message pour l’instant") && empty.header("Refresh") == "2")
            for number in 1...3 {
                let bytes = Array("Subject: =?utf-8?Q?s=C3=A9ance?= \(number)\r\n\r\nx".utf8)
                shelf.keep(sender: "s@x.example", recipients: ["élu+\(number % 2)@x.example"], bytes: bytes, at: Sample.now)
            }
            let list = try await get("/boite")
            #expect(list.header("Refresh") == nil)
            #expect(list.text.contains("Messages (3)") && list.text.contains("séance 1") && list.text.contains("séance 3"))
            let box = try #require(list.text.firstMatch(of: #/href="([^"]*)">élu\+1@x\.example/#))
            let alone = try await get(String(box.1)).text
            #expect(alone.contains("Messages (2)") && !alone.contains("séance 2") && alone.contains("<h1>élu+1@x.example</h1>"))
            #expect(try await get("/boite/9").status == 404)
            #expect(try await get("/boite/x/html").status == 404)
            #expect(try await get("/boite/1/piece/7").status == 404)
        }
    }

    @Test func `every page of it is well formed in both languages`() async throws {
        let shelf = MailShelf()
        try await withPages(shelf) { get in
            var pages = [("fr", try await get("/boite")), ("en", try await get("/en/mailbox"))]
            shelf.keep(sender: "", recipients: ["a@b.example"], bytes: try await Self.mail("whole"), at: Sample.now)
            shelf.keep(sender: "", recipients: ["a@b.example"], bytes: try await Self.mail("latin"), at: Sample.now)
            for (language, root) in [("fr", "/boite"), ("en", "/en/mailbox")] {
                for path in ["", "?a=a%40b.example", "/1", "/2", "/77"] { pages.append((language, try await get(root + path))) }
            }
            for (language, page) in pages {
                let verdict = try await aside { try Tool.judge("web_page.py", [language], input: page.body) }
                #expect(verdict.status == 0, "\(verdict.text)\(verdict.errors)\(page.text)")
            }
        }
    }
}
