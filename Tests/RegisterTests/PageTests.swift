import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("The register's pages")
struct PageTests {
    @Test func `the register shows what was convened: counts, titles, hashes, and where they are in the ledger`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.publish()
        try await site.serve { reader in
            let answer = try await reader.get("/")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
            #expect(answer.header("Content-Language") == "fr")
            let words = answer.words
            #expect(words.contains("mardi 15 décembre 2026 à 18 h 30"))
            #expect(words.contains("Salle des fêtes, 1 place de la Mairie"))
            #expect(words.contains("20 convoqués, dont 2 sur papier"))
            #expect(words.contains("18 servis"))
            #expect(words.contains("4 accusés de réception"))
            #expect(words.contains("Documents (4)"))
            #expect(words.contains("Documents confidentiels, ni nommés ni décrits : 1"))
            let publicSitting = try #require(try await site.store.storage.publicSitting(sitting.id))
            for document in sitting.draft.documents where !document.confidential {
                let leaf = try #require(publicSitting.leaves[document.hash])
                #expect(words.contains("\(document.label) \(document.title) (inscription n° \(leaf)) \(document.hash.hex)"))
            }
            let head = try #require(try await site.store.storage.checkpoint())
            #expect(words.contains("Inscriptions \(head.size) "))
            #expect(words.contains(PublicSite.verifierKey))
            #expect(words.contains(Data(Sample.hash("root \(head.size)").bytes).base64EncodedString()))
            #expect(words.contains("https://registre.aurence.example/ledger "))

            let page = try await reader.get("/seances/\(sitting.id)").words
            #expect(page.contains("1. Délibération n° 1"))
            #expect(page.contains("9. point confidentiel"))
            #expect(page.contains("Convocations émises 18"))
            #expect(page.contains("Accusés de réception (lien ouvert) 4"))
            #expect(page.contains("Toutes sont couvertes par l’état signé du registre"))
        }
    }

    @Test func `what changed after the convocations is told, and what was sent first is still shown and found`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15", documents: 3)
        let storage = site.store.storage
        let old = sitting.draft.documents[1]
        let (hash, size) = try site.store.documents.add(Array("%PDF-1.7\n% other bytes\n%%EOF\n".utf8))
        let new = Document(
            hash: hash, size: size, fileName: old.fileName, title: "Budget corrigé", mediaType: old.mediaType, role: old.role,
            item: old.item,
            label: old.label, confidential: false)
        let (more, length) = try site.store.documents.add(Array("%PDF-1.7\n% one more\n%%EOF\n".utf8))
        let added = Document(
            hash: more, size: length, fileName: "07 Voirie.pdf", title: "Voirie", mediaType: "application/pdf", role: .item, item: 7,
            label: "07", confidential: false)
        let drop = Sample.draft(documents: [new, added], day: "2026-12-15", place: "Gymnase, 3 rue des Sports")
        guard case .amended = try await storage.submit(drop, at: site.now) else {
            Issue.record("the drop is no amendment")
            return
        }
        let pages: @Sendable () async throws -> (String, String, String) = {
            try await site.serve { reader in
                (
                    try await reader.get("/seances/\(sitting.id)").words, try await reader.get("/en/sittings/\(sitting.id)").words,
                    try await reader.get("/verifier?empreinte=\(old.hash.hex)").words
                )
            }
        }
        // Held: nothing has changed for anybody.
        let before = try await pages()
        #expect(!before.0.contains("Gymnase") && !before.0.contains("Voirie") && !before.2.contains("Remplacé depuis"))
        #expect(before.0.contains("Changements reçus 1") && !before.0.contains("Changements approuvés"))
        _ = try await storage.approveAmendment(of: sitting.id, revision: nil, by: "test", at: site.now)
        let after = try await pages()
        #expect(after.0.contains("Changé après l’envoi des convocations"), "\(after.0)")
        #expect(after.0.contains("lieu : Gymnase, 3 rue des Sports (auparavant : Salle des fêtes, 1 place de la Mairie)"), "\(after.0)")
        #expect(after.0.contains("point ajouté : 7. Voirie") && after.0.contains("document ajouté : 07 Voirie"), "\(after.0)")
        #expect(after.0.contains("document remplacé par : \(old.label) Budget corrigé"), "\(after.0)")
        #expect(after.0.contains("Transmis d’abord, remplacés depuis \(old.label) \(old.title) (inscription n° "), "\(after.0)")
        #expect(
            after.0.contains(old.hash.hex) && after.0.contains(new.hash.hex) && after.0.contains("Changements approuvés 1"), "\(after.0)")
        #expect(after.1.contains("Changed after the convocations had been sent") && after.1.contains("item added: 7. Voirie"), "\(after.1)")
        #expect(after.2.contains("Ce document est au registre, inchangé.") && after.2.contains("Remplacé depuis"), "\(after.2)")
        for page in [after.0, after.1] { #expect(!page.contains(PublicSite.secretTitle)) }
    }

    @Test func `each page has its twin in the other language`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.serve { reader in
            for (french, english) in [("/", "/en"), ("/seances/\(sitting.id)", "/en/sittings/\(sitting.id)"), ("/verifier", "/en/verify")] {
                let (one, other) = (try await reader.get(french), try await reader.get(english))
                #expect(one.status == 200 && other.status == 200)
                #expect(one.text.contains("<html lang=\"fr\">") && other.text.contains("<html lang=\"en\">"))
                #expect(one.text.contains("href=\"\(english)\"") && other.text.contains("href=\"\(french)\""))
                #expect(other.header("Content-Language") == "en")
            }
            let words = try await reader.get("/en").words
            #expect(words.contains("Tuesday 15 December 2026 at 18:30"))
            #expect(words.contains("20 convened, 2 of them on paper") && words.contains("18 served") && words.contains("4 receipts"))
        }
    }

    @Test func `every page is well formed, labelled, and loads nothing from elsewhere`() async throws {
        let site = try PublicSite()
        try await site.convene(day: "2026-12-15")
        try await site.convene(day: "2026-12-17", urgencyReason: "Rupture d'une digue <script>")
        let cancelled = try await site.convene(day: "2026-12-22")
        try await site.store.storage.cancel(cancelled.id, by: "test", at: site.now)
        try await site.publish()
        let known = cancelled.draft.documents[0].hash.hex
        try await site.serve { reader in
            let paths = [
                "/", "/en", "/verifier?empreinte=\(known)", "/verifier?empreinte=zz",
                "/en/verify?hash=\(String(repeating: "0", count: 64))", "/seances/rien",
            ]
            let pages = try await reader.crawl(paths).filter { $1.header("Content-Type")?.hasPrefix("text/html") == true }
            #expect(pages.count >= 14)
            for (path, page) in pages {
                #expect(page.status == (path == "/seances/rien" ? 404 : 200), "\(path)")
                let language = path.hasPrefix("/en") ? "en" : "fr"
                let verdict = try await aside { try Tool.judge("web_page.py", [language], input: page.body) }
                #expect(verdict.status == 0, "\(path): \(verdict.text)\(verdict.errors)")
                let policy = page.header("Content-Security-Policy") ?? ""
                #expect(policy.hasPrefix("default-src 'none';") && !policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
            }
        }
    }

    @Test func `a sitting that changed date leads to the one that stands, and says where that is cancelled`() async throws {
        let site = try PublicSite()
        let storage = site.store.storage
        let first = try await site.convene(day: "2026-12-15")
        var last = first
        for day in ["2026-12-17", "2026-12-22"] {
            let draft = Sample.draft(documents: [], day: day, replacing: last)
            last = try await storage.submit(draft, at: site.now).sitting
            _ = try await storage.approve(last.id, revision: nil, by: "test", at: site.now)
        }
        let newest = last
        try await site.serve { reader in
            let moved = try await reader.get("/seances/\(first.id)")
            #expect(moved.words.contains("a changé de date") && moved.words.contains("elle se tient le mardi 22 décembre 2026"))
            #expect(moved.text.contains("/seances/\(newest.id)"))
            let home = try await reader.get("/").words
            #expect(home.contains("Date changée") && !home.contains("Annulée"))
        }
        try await storage.cancel(last.id, by: "test", at: site.now)
        try await site.serve { reader in
            let gone = try await reader.get("/seances/\(first.id)").words
            #expect(gone.contains("mardi 22 décembre 2026") && gone.contains("cette nouvelle séance a été annulée"))
            #expect(!gone.contains("elle se tient le"))
            let home = try await reader.get("/").words
            #expect(home.contains("Annulée") && !home.contains("Date changée"))
            let english = try await reader.get("/en/sittings/\(first.id)").words
            #expect(english.contains("that new sitting was cancelled") && !english.contains("it is held on"))
        }
    }

    @Test func `an upcoming sitting becomes a past one when it begins`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.serve { reader in
            #expect(try await reader.get("/").words.contains("Aucune séance n’est convoquée") == false)
            site.set(sitting.draft.start)
            let words = try await reader.get("/").words
            #expect(words.contains("Aucune séance n’est convoquée pour l’instant."))
            #expect(words.contains("Convoqués : 20 · servis : 18 · accusés de réception : 4 · documents : 4"))
        }
    }

    @Test func `an empty register says so`() async throws {
        try await PublicSite().serve { reader in
            let words = try await reader.get("/").words
            #expect(words.contains("Aucune séance n’est convoquée pour l’instant."))
            #expect(words.contains("Le registre est vide"))
            #expect(words.contains("Aucun ancrage n’est encore publié."))
        }
    }

    @Test func `a file's hash is found, whatever its spacing and capitals, and only when it is public`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        let shown = sitting.draft.documents[1]
        let secret = try #require(sitting.draft.documents.first { $0.confidential })
        try await site.serve { reader in
            let found = "Ce document est au registre, inchangé. Document 01 Délibération n° 1"
            #expect(try await reader.get("/verifier?empreinte=\(shown.hash.hex)").words.contains(found))
            let spaced = "%20" + shown.hash.hex.uppercased().prefix(32) + "+" + shown.hash.hex.uppercased().dropFirst(32) + "%0A"
            #expect(try await reader.get("/verifier?empreinte=\(spaced)").words.contains(found))
            #expect(try await reader.get("/verifier?empreinte=\(shown.hash.hex)").words.contains("en attente de la prochaine signature"))
            let unknown = "Cette empreinte n’est pas au registre."
            #expect(try await reader.get("/verifier?empreinte=\(secret.hash.hex)").words.contains(unknown))
            #expect(try await reader.get("/verifier?empreinte=\(Sample.hash("other").hex)").words.contains(unknown))
            #expect(try await reader.get("/verifier?empreinte=abc").words.contains("Ce n’est pas une empreinte SHA-256."))
            let attack = try await reader.get("/verifier?empreinte=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
            #expect(!attack.text.contains("<script>alert"))
            #expect(
                try await reader.get("/en/verify?hash=\(shown.hash.hex)").words.contains("This document is in the register, unchanged."))
        }
        try await site.publish()
        let words = try await site.serve { try await $0.get("/verifier?empreinte=\(shown.hash.hex)").words }
        #expect(words.contains("couverte par l’état signé du registre"))
    }

    @Test func `a browser hashes the chosen file itself and shows the answer`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        let document = site.store.documents.url(of: sitting.draft.documents[1].hash).path
        let other = try site.ledger.write("autre chose", to: "autre.pdf").path
        try await site.serve { reader in
            for (file, path, expected) in [
                (document, "/verifier", "Ce document est au registre, inchangé."),
                (other, "/verifier", "Cette empreinte n’est pas au registre."),
                (document, "/en/verify", "This document is in the register, unchanged."),
            ] {
                let result = try await aside { try Tool.judge("browser_file.py", ["http://127.0.0.1:\(reader.port)\(path)", file]) }
                #expect(result.status == 0, "\(result.errors)")
                #expect(result.text.contains(expected), "\(result.text)")
            }
        }
    }
}
