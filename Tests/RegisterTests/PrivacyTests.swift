import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("What the public must never read")
struct PrivacyTests {
    @Test func `no name, no address and no confidential document is in any page or file`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15", members: 40, opened: 12)
        let cancelled = try await site.convene(day: "2026-12-22", members: 40)
        try await site.store.storage.cancel(cancelled.id, by: "clerk@aurence.example", at: site.now)
        try await site.publish()
        let secret = try #require(sitting.draft.documents.first { $0.confidential })
        try await site.serve { reader in
            let size = try await site.store.storage.journalSize()
            let bundles = (0...(size / 256)).map { index -> String in
                let width = min(256, size - index * 256)
                return "/ledger/tile/entries/\(String(1000 + index).dropFirst())" + (width < 256 ? ".p/\(width)" : "")
            }
            let hashes = sitting.draft.documents.map { "/verifier?empreinte=\($0.hash.hex)" }
            let answers = try await reader.crawl(
                ["/", "/en", "/robots.txt", "/sante", "/ledger/checkpoint", "/ledger/vkey", "/seances/inconnue"] + hashes + bundles)
            for bundle in bundles { #expect(answers[bundle]?.status == 200, "\(bundle)") }
            #expect(answers.count > 15)
            let members = try await site.store.storage.members(of: nil)
            #expect(members.count == 40)
            for (path, answer) in answers {
                let text = Spelling.folded(answer.text.replacing("&#39;", with: "'"))
                for member in members {
                    let entry = member.entry
                    #expect(!text.contains(Spelling.folded(entry.fullName)), "\(path): \(entry.fullName)")
                    #expect(!text.contains(Spelling.folded("\(entry.familyName) \(entry.givenName)")), "\(path): \(entry.fullName)")
                    if let email = entry.email {
                        #expect(!text.contains(Spelling.folded(email.description)), "\(path): \(email)")
                    }
                }
                for word in ["elu1", "@aurence", PublicSite.secretTitle, "queued as", "127.0.0.1:2525"] {
                    #expect(!text.contains(Spelling.folded(word)), "\(path): \(word)")
                }
                // A question with the hash in it has it in the answer's form; nothing else has.
                if !path.contains(secret.hash.hex) { #expect(!answer.text.contains(secret.hash.hex), "\(path): a confidential hash") }
            }
        }
    }

    @Test func `nothing public tells when something happened more exactly than to the hour`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15", members: 40, opened: 12)
        try await site.publish()
        let size = try await site.store.storage.journalSize()
        try site.ledger.write("corps\n", to: "anchors/\(size)/body")
        try site.ledger.write([UInt8](repeating: 2, count: 32), to: "tile/0/000.p/1")
        // 09:17:42 in Paris: when the last receipt was signed.
        let written = Sample.now.addingTimeInterval(758)
        for file in ["checkpoint", "vkey", "tile/entries/000.p/\(size)", "tile/0/000.p/1", "anchors/\(size)/body"] {
            try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: site.ledger[file].path)
        }
        try await site.serve { reader in
            let answers = try await reader.crawl(
                ["/", "/en", "/verifier", "/en/verify", "/seances/\(sitting.id)", "/robots.txt", "/ledger/checkpoint", "/ledger/vkey"]
                    + ["tile/entries/000.p/\(size)", "tile/0/000.p/1", "anchors/\(size)/body"].map { "/ledger/" + $0 })
            for (path, answer) in answers {
                #expect(answer.status == 200, "\(path)")
                #expect(answer.header("Last-Modified") == nil && answer.header("Age") == nil, "\(path)")
                #expect(answer.header("ETag") != nil, "\(path)")
                for time in ["9 h 17", "9\u{A0}h\u{A0}17", "09:17", "08:17", "9:17"] {
                    #expect(!answer.text.contains(time), "\(path): \(time)")
                }
            }
            #expect(answers["/"]?.text.contains("mardi 24 novembre 2026, entre 9\u{A0}h et 10\u{A0}h") == true)
            #expect(answers["/en"]?.text.contains("Tuesday 24 November 2026, between 09:00 and 10:00") == true)
        }
    }

    @Test func `a draft, and one cancelled before approval, do not exist for the public`() async throws {
        let site = try PublicSite()
        let shown = try await site.convene(day: "2026-12-15")
        let draft = try await site.store.storage.submit(try site.draft(day: "2026-12-17", documents: 5, secret: false), at: site.now)
            .sitting
        let dropped = try await site.store.storage.submit(try site.draft(day: "2026-12-18", documents: 6, secret: false), at: site.now)
            .sitting
        try await site.store.storage.cancel(dropped.id, by: "test", at: site.now)
        try await site.serve { reader in
            let pages = try await reader.crawl(["/", "/en"])
            #expect(pages["/seances/\(shown.id)"]?.status == 200)
            for sitting in [draft, dropped] {
                #expect(pages.keys.allSatisfy { !$0.contains(sitting.id.rawValue) })
                for path in ["/seances/\(sitting.id)", "/en/sittings/\(sitting.id)"] {
                    let answer = try await reader.get(path)
                    #expect(answer.status == 404)
                    #expect(
                        answer.body == (try await reader.get(path.replacing(sitting.id.rawValue, with: "2099-01-01-18h30-conseil"))).body)
                }
                for page in pages.values {
                    #expect(
                        !page.words.contains(sitting.draft.when.words(in: .french))
                            && !page.words.contains(sitting.draft.when.words(in: .english)))
                }
                // Its own documents, by hash: as if they had never been received.
                let alone = try #require(
                    sitting.draft.documents.first { document in !shown.draft.documents.contains { $0.hash == document.hash } })
                #expect(try await reader.get("/verifier?empreinte=\(alone.hash.hex)").words.contains("n’est pas au registre"))
            }
        }
    }

    @Test func `the reason of an urgent convocation and a video link stay inside`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15", urgencyReason: "Maladie de Mme Le Goff")
        try await site.serve { reader in
            for page in try await reader.crawl(["/", "/en", "/seances/\(sitting.id)"]).values { #expect(!page.text.contains("Maladie")) }
            #expect(try await reader.get("/").words.contains("Convoquée en urgence"))
        }
    }
}
