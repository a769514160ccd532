import Council
import Curl
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("The ledger's files over HTTP")
struct LedgerFilesTests {
    /// Things that must not be reachable, beside and inside the ledger's folder.
    private func site() async throws -> PublicSite {
        let site = try PublicSite()
        try await site.convene(day: "2026-12-15", members: 40)
        try await site.publish()
        try site.ledger.write([UInt8](repeating: 1, count: 8192), to: "tile/0/000")
        try site.ledger.write([UInt8](repeating: 2, count: 32), to: "tile/0/x001/234.p/1")
        try site.ledger.write("cosigné\n", to: "cosigned")
        try site.ledger.write("SECRET", to: "secret")
        try site.ledger.write("SECRET", to: "anchors/12/.body")
        try site.ledger.write("SECRET", to: "anchors/12/note.txt")
        try site.ledger.write("corps\n", to: "anchors/12/body")
        try site.ledger.write("jeton", to: "anchors/12/body.horodateur-1.tsr")
        try site.ledger.write("preuve", to: "anchors/12/body.ots")
        try site.ledger.write("# regtest 00\n102:00\n", to: "anchors/12/block-102.header")
        for name in ["block-0102.header", "block-.header", "block-x.header", "block-102.headers"] {
            try site.ledger.write("SECRET", to: "anchors/12/" + name)
        }
        let files = FileManager.default
        try files.createSymbolicLink(at: site.ledger["anchors/12/body.tsr"], withDestinationURL: site.ledger["secret"])
        try files.createDirectory(at: site.ledger["autre"], withIntermediateDirectories: true)
        try site.ledger.write("SECRET", to: "autre/body")
        try files.createSymbolicLink(at: site.ledger["anchors/13"], withDestinationURL: site.ledger["autre"])
        try files.createDirectory(at: site.ledger["anchors/14/body"], withIntermediateDirectories: true)
        #expect(mkfifo(site.ledger["anchors/12/checkpoint"].path, 0o644) == 0)
        return site
    }

    @Test func `each file has its type, its caching and is open to every origin`() async throws {
        let site = try await site()
        try await site.serve { reader in
            let size = try await site.store.storage.journalSize()
            let expected: [(path: String, type: String, cache: String)] = [
                ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
                ("cosigned", "text/plain; charset=utf-8", "no-cache"),
                ("vkey", "text/plain; charset=utf-8", "public, max-age=60"),
                ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
                ("tile/0/x001/234.p/1", "application/octet-stream", "public, max-age=300"),
                ("tile/entries/000.p/\(size)", "application/octet-stream", "public, max-age=300"),
                ("anchors/12/body", "text/plain; charset=utf-8", "public, max-age=60"),
                ("anchors/12/body.horodateur-1.tsr", "application/timestamp-reply", "public, max-age=60"),
                ("anchors/12/body.ots", "application/octet-stream", "public, max-age=60"),
                ("anchors/12/block-102.header", "text/plain; charset=utf-8", "public, max-age=60"),
            ]
            for file in expected {
                let answer = try await reader.get("/ledger/" + file.path)
                #expect(answer.status == 200, "\(file.path)")
                let written = Array(try Data(contentsOf: site.ledger[file.path]))
                #expect(answer.body == written, "\(file.path)")
                #expect(answer.header("Content-Type") == file.type, "\(file.path)")
                #expect(answer.header("Cache-Control") == file.cache, "\(file.path)")
                #expect(answer.header("Access-Control-Allow-Origin") == "*", "\(file.path)")
                let again = try await reader.get("/ledger/" + file.path, ["If-None-Match": answer.header("ETag") ?? ""])
                #expect(again.status == 304 && again.header("Access-Control-Allow-Origin") == "*", "\(file.path)")
            }
            let leaves = try await reader.get("/ledger/tile/entries/000.p/\(size)")
            let rows = try await site.store.storage.journal(from: 0, limit: Int(size))
            let entries = try EntryBundle.decode(leaves.body, count: Int(size))
            #expect(entries == rows.map(\.leaf))
        }
    }

    @Test func `a new checkpoint is seen at once`() async throws {
        let site = try await site()
        try await site.serve { reader in
            let before = try await reader.get("/ledger/checkpoint")
            try await site.convene(day: "2026-12-17", members: 40)
            try await site.publish()
            let after = try await reader.get("/ledger/checkpoint", ["If-None-Match": before.header("ETag") ?? ""])
            #expect(after.status == 200 && after.body != before.body)
        }
    }

    @Test func `nothing but the ledger's own names can be read`() async throws {
        let site = try await site()
        let outside = site.store.folder["appariteur.db"].path
        #expect(FileManager.default.fileExists(atPath: outside))
        let paths = [
            "", "secret", "./checkpoint", "../secret", "tile/../secret", "tile/../checkpoint", "..%2fsecret", "%2e%2e/secret",
            "%2e%2e%2fsecret",
            "tile/%2e%2e/%2e%2e/secret", "//secret", "/checkpoint", "checkpoint/", "Checkpoint", "checkpoint%00", "checkpoint%20",
            "checkpoint?x/../..",
            "c%68eckpoint", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/+00", "tile/00/000",
            "tile/-1/000",
            "tile/64/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/x000/000", "tile/0/001/234",
            "tile/0/x1/234",
            "tile/data/000", "tile/entries", "anchors", "anchors/12", "anchors/012/body", "anchors/+12/body", "anchors/12/.body",
            "anchors/12/note.txt", "anchors/12/block-0102.header", "anchors/12/block-.header", "anchors/12/block-x.header",
            "anchors/12/block-102.headers", "anchors/12/block-102.header/", "anchors/12/block%2d102.header", "anchors/12/block-103.header",
            "anchors/12/body.tsr", "anchors/13/body", "anchors/14/body", "anchors/12/checkpoint", "anchors/12/body.../tsr",
            "anchors/12/body.a/b.tsr",
            "anchors/12/body...tsr", "anchors/12/../../secret", "anchors/99999999999999999999999/body", "anchors/12/body\\..\\secret",
            outside,
            "/" + outside, "..\\secret", "%c0%ae%c0%ae/secret", "tile/0/" + String(repeating: "x000/", count: 400) + "000",
        ]
        try await site.serve { reader in
            // A question mark ends the path: that one asks for the checkpoint itself.
            let input = paths.map { "/ledger/" + $0 }.joined(separator: "\n")
            let result = try await aside { try Tool.judge("raw_get.py", [String(reader.port)], input: Array(input.utf8)) }
            #expect(result.status == 0, "\(result.errors)")
            let lines = result.text.split(separator: "\n")
            #expect(lines.count == paths.count)
            for (path, line) in zip(paths, lines) {
                let wanted = path.hasPrefix("checkpoint?") ? "200" : "404"
                #expect(line.split(separator: " ")[0] == wanted, "\(path): \(line)")
                #expect(!line.contains(Hex.encode("SECRET".utf8)) && !line.contains(Hex.encode("SQLite format".utf8)), "\(path)")
            }
        }
    }

    @Test func `other pages of the site can't be reached with tricks either, and small files are served`() async throws {
        let site = try await site()
        try await site.serve { reader in
            #expect(try await reader.get("/sante").text == "ok\n")
            #expect(try await reader.get("/favicon.ico").status == 204)
            #expect(try await reader.get("/robots.txt").text.contains("Disallow: /r/"))
            for path in ["/seances/", "/seances/..", "/en/sittings/x", "/seances/2026-12-15-18h30-conseil%00", "/rien"] {
                let result = try await aside { try Tool.judge("raw_get.py", [String(reader.port)], input: Array(path.utf8)) }
                #expect(result.text.hasPrefix("404 "), "\(path): \(result.text)")
            }
        }
    }
}
