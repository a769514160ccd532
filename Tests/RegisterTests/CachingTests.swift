import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("Caches and crowds")
struct CachingTests {
    @Test func `HEAD says what GET says, without the body`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.publish()
        try await site.serve { reader in
            for path in [
                "/", "/en", "/seances/\(sitting.id)", "/verifier", "/robots.txt", "/ledger/checkpoint", "/ledger/vkey", "/seances/rien",
                "/en/verify",
                "/en/sittings/\(sitting.id)", "/sante", "/ledger/rien",
            ] {
                let (full, head) = (try await reader.get(path), try await reader.head(path))
                #expect(head.status == full.status && head.body.isEmpty, "\(path)")
                for name in ["ETag", "Content-Type", "Content-Length", "Cache-Control", "Content-Security-Policy"] {
                    #expect(head.header(name) == full.header(name), "\(path) \(name)")
                }
                #expect(head.header("Content-Length") == String(full.body.count), "\(path)")
            }
        }
    }

    @Test func `what is only read answers other methods with 405 and what is allowed`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.publish()
        try await site.serve { reader in
            for path in [
                "/", "/en", "/seances/\(sitting.id)", "/en/sittings/\(sitting.id)", "/verifier", "/en/verify", "/robots.txt",
                "/favicon.ico",
                "/sante", "/ledger/checkpoint", "/preuve",
            ] {
                let ledger = path.hasPrefix("/ledger/")
                let allowed = ledger ? "GET, HEAD, OPTIONS" : "GET, HEAD"
                for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
                    let url = "http://127.0.0.1:\(reader.port)\(path)"
                    let head = try await aside { try Tool.run("curl", ["-s", "-o", "/dev/null", "-D", "-", "-X", method, url]).text }
                    #expect(head.contains(ledger && method == "OPTIONS" ? " 204 " : " 405 "), "\(method) \(path): \(head)")
                    #expect(head.lowercased().contains("allow: \(allowed.lowercased())\r\n"), "\(method) \(path): \(head)")
                }
                #expect(try await reader.head(path).status == (path == "/favicon.ico" ? 204 : 200), "\(path)")
            }
        }
    }

    @Test func `the page that checks a proof is served as it lies in every proof, and may load nothing`() async throws {
        let site = try PublicSite()
        let own = Array(try Data(contentsOf: Tool.repository.appendingPathComponent("Templates/proof/VERIFIER.html")))
        try await site.serve { reader in
            for path in ["/preuve"] {
                let answer = try await reader.get(path)
                #expect(answer.status == 200 && Array(answer.body) == own)
                #expect(answer.header("Content-Type")?.hasPrefix("text/html") == true)
                #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
            }
        }
    }

    @Test func `who has the page already gets 304, until something changes`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15", opened: 0)
        try await site.serve { reader in
            let first = try await reader.get("/")
            let tag = try #require(first.header("ETag"))
            #expect(first.header("Cache-Control") == "public, max-age=10")
            for headers in [
                ["If-None-Match": tag], ["If-None-Match": "\"x\", W/\(tag)"], ["If-None-Match": "*"],
            ] {
                let answer = try await reader.get("/", headers)
                #expect(answer.status == 304 && answer.body.isEmpty && answer.header("ETag") == tag, "\(headers)")
            }
            // Nothing has a date to compare with.
            for headers in [["If-None-Match": "\"x\""], ["If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"]] {
                #expect(try await reader.get("/", headers).status == 200, "\(headers)")
            }
            site.set(site.now.addingTimeInterval(3600))
            let link = Sample.linkID(try await site.store.storage.status(of: sitting.id)[0].id, 1)
            _ = try await site.store.storage.record(Access(link: link, at: site.now, grade: .person, signals: [], document: nil))
            let later = try await reader.get("/", ["If-None-Match": tag])
            #expect(later.status == 200 && later.words.contains("1 accusé de réception"))
            // A page that the change doesn't touch keeps its tag.
            let verify = try await reader.get("/verifier")
            #expect(try await reader.get("/verifier", ["If-None-Match": verify.header("ETag") ?? ""]).status == 304)
        }
    }

    @Test func `within its freshness the register doesn't ask the store`() async throws {
        let site = try PublicSite()
        try await site.convene(day: "2026-12-15")
        try await site.serve(freshness: .seconds(3600)) { reader in
            let before = try await reader.get("/")
            try await site.convene(day: "2026-12-17")
            #expect(try await reader.get("/").body == before.body)
        }
        let words = try await site.serve { try await $0.get("/").words }
        #expect(words.contains("jeudi 17 décembre 2026"))
    }

    @Test func `a crowd at once gets one and the same page`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.serve(freshness: .seconds(1)) { reader in
            let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for index in 0..<300 {
                    group.addTask { try await reader.get(index.isMultiple(of: 2) ? "/" : "/seances/\(sitting.id)").body }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
            }
            #expect(bodies.count == 2)
        }
    }
}
