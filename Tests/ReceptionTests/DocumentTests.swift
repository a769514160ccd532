import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("A document's bytes")
struct DocumentTests {
    /// Puts one document with these bytes into a sitting and opens its link; gives the address of the bytes.
    private func open(
        _ desk: Desk, bytes: [UInt8], name: String = "01 Budget.pdf", type: String = "application/pdf", confidential: Bool = false
    ) async throws -> @Sendable (Visitor) async throws -> String {
        let (hash, size) = try desk.store.documents.add(bytes)
        let document = Document(
            hash: hash, size: size, fileName: name, title: "Budget", mediaType: type, role: .item, item: 1, label: "01",
            confidential: confidential)
        _ = try await desk.store.storage.replaceRoll(with: Sample.roll(1), source: Sample.hash("roll"), at: Sample.now)
        let sitting = try await desk.store.storage.submit(Sample.draft(documents: [document]), at: Sample.now).sitting
        _ = try await desk.store.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let composed = try await desk.store.composeAll()
        try await desk.store.relayAll()
        desk.clock.advance(by: 3600)
        let path = desk.path(composed[0], 0)
        return { visitor in try #require(try await visitor.get(path).location) }
    }

    private static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3) }

    /// A naive reading of RFC 9110 §14.1.2, over the bytes themselves: nil is "not satisfiable".
    private static func reference(_ first: Int?, _ last: Int?) -> [UInt8]? {
        let all = Array(bytes.indices)
        let wanted =
            switch (first, last) {
            case (let first?, let last?): all.filter { $0 >= first && $0 <= last }
            case (let first?, nil): all.filter { $0 >= first }
            case (nil, let suffix?): Array(all.suffix(suffix))
            case (nil, nil): [Int]()
            }
        return wanted.isEmpty ? nil : wanted.map { bytes[$0] }
    }

    @Test("ranges give what a plain reading of the bytes gives")
    func ranges() async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Self.bytes)
        let size = Self.bytes.count
        let cases: [(Int?, Int?)] = [
            (0, 0), (0, 99), (1, 32_768), (32_767, 32_769), (size - 1, size - 1), (size - 10, size + 1000), (0, nil), (size - 1, nil),
            (50_000, nil), (nil, 1), (nil, 500), (nil, size), (nil, size * 2), (size, nil), (size, size + 5), (nil, 0),
        ]
        try await desk.serve { visitor in
            let address = try await open(visitor)
            for (first, last) in cases {
                let range = "bytes=\(first.map(String.init) ?? "")-\(last.map(String.init) ?? "")"
                let answer = try await visitor.get(address, ["Range": range])
                if let expected = Self.reference(first, last) {
                    #expect(answer.status == 206, "\(range)")
                    #expect(answer.body == expected, "\(range)")
                    #expect(answer.header("Content-Length") == String(expected.count))
                    let start = first ?? max(0, size - (last ?? 0))
                    #expect(answer.header("Content-Range") == "bytes \(start)-\(start + expected.count - 1)/\(size)")
                } else {
                    #expect(answer.status == 416, "\(range)")
                    #expect(answer.header("Content-Range") == "bytes */\(size)")
                    #expect(answer.body.isEmpty)
                }
            }
        }
    }

    @Test(
        "several ranges, other units and nonsense give the whole",
        arguments: [
            "bytes=0-1,5-6", "bytes=5-2", "items=0-1", "bytes=a-b", "bytes=-", "bytes=", "bytes", "bytes=1-2-3", "bytes=+1-2", "bytes=--1",
        ])
    func whole(_ range: String) async throws {
        #expect(ByteRange.parse(range, size: 100) == .whole)
    }

    @Test("numbers too great for a number, empty files")
    func extremes() {
        #expect(ByteRange.parse("bytes=0-99999999999999999999999", size: 100) == .part(0...99))
        #expect(ByteRange.parse("bytes=99999999999999999999999-", size: 100) == .unsatisfiable)
        #expect(ByteRange.parse("bytes=-99999999999999999999999", size: 100) == .part(0...99))
        #expect(ByteRange.parse("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange.parse("bytes=-5", size: 0) == .unsatisfiable)
        #expect(ByteRange.parse("Bytes= 0-1 ", size: 10) == .part(0...1))
    }

    @Test("the headers of a whole document, GET and HEAD alike, and what a browser may ask of its copy")
    func headers() async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Self.bytes)
        let tag = "\"\(Sample.hash(Self.bytes).hex)\""
        try await desk.serve { visitor in
            let address = try await open(visitor)
            let get = try await visitor.get(address)
            let head = try await visitor.head(address)
            #expect(get.status == 200 && head.status == 200)
            #expect(get.body == Self.bytes)
            #expect(head.body.isEmpty)
            for name in [
                "Content-Type", "Content-Length", "ETag", "Accept-Ranges", "Content-Disposition", "Cache-Control",
                "Content-Security-Policy",
            ] {
                #expect(get.header(name) != nil, "\(name)")
                #expect(get.header(name) == head.header(name), "\(name)")
            }
            #expect(get.header("ETag") == tag)
            #expect(get.header("Content-Length") == "100000")
            #expect(get.header("Content-Type") == "application/pdf")
            #expect(get.header("Content-Disposition") == "inline; filename=\"01 Budget.pdf\"; filename*=UTF-8''01%20Budget.pdf")
            for known in [tag, "W/" + tag, "\"x\", \(tag)", "*"] {
                let answer = try await visitor.get(address, ["If-None-Match": known])
                #expect(answer.status == 304)
                #expect(answer.header("ETag") == tag)
                #expect(answer.body.isEmpty)
            }
            #expect(try await visitor.get(address, ["If-None-Match": "\"x\""]).status == 200)
            #expect(try await visitor.get(address, ["If-Match": "\"x\""]).status == 412)
            #expect(try await visitor.get(address, ["If-Match": tag]).status == 200)
            #expect(try await visitor.get(address, ["If-Match": "W/" + tag]).status == 412)
            #expect(try await visitor.get(address, ["Range": "bytes=0-1", "If-Range": tag]).status == 206)
            for other in ["\"x\"", "W/" + tag, "Tue, 24 Nov 2026 08:05:04 GMT"] {
                #expect(try await visitor.get(address, ["Range": "bytes=0-1", "If-Range": other]).status == 200)
            }
            let posted = try await visitor.post(address, [:])
            #expect(posted.status == 405)
            #expect(posted.header("Allow") == "GET, HEAD")
        }
    }

    @Test("an empty document, a confidential one")
    func emptyAndConfidential() async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: [], confidential: true)
        try await desk.serve { visitor in
            let answer = try await visitor.get(try await open(visitor))
            #expect(answer.status == 200)
            #expect(answer.header("Content-Length") == "0")
            #expect(answer.header("Cache-Control") == "no-store")
        }
    }

    @Test("the address of the bytes serves for half a day, then says how to go on")
    func expiry() async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Self.bytes)
        try await desk.serve { visitor in
            let address = try await open(visitor)
            desk.clock.advance(by: 12 * 3600 - 1)
            #expect(try await visitor.get(address).status == 200)
            desk.clock.advance(by: 1)
            #expect(try await visitor.get(address).status == 410)
            // Whatever the name says, the token decides.
            #expect(try await visitor.get(try await open(visitor) + "x").status == 200)
        }
    }

    @Test("bytes that are missing or cut short are never served as if they were whole")
    func damaged() async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Self.bytes)
        try await desk.serve { visitor in
            let address = try await open(visitor)
            let file = desk.store.documents.url(of: Sample.hash(Self.bytes))
            try FileManager.default.removeItem(at: file)
            #expect(try await visitor.get(address).status == 503)
            try Data(Self.bytes.dropLast()).write(to: file)
            #expect(try await visitor.get(address).status == 503)
            #expect(try await visitor.get(address, ["Range": "bytes=0-1"]).status == 503)
        }
    }

    @Test(
        "only what can't run is shown in the browser",
        arguments: [
            ("application/pdf", "inline", "application/pdf"), ("image/png", "inline", "image/png"),
            ("text/plain", "inline", "text/plain; charset=utf-8"),
            ("text/html", "attachment", "text/html"), ("image/svg+xml", "attachment", "image/svg+xml"),
            ("application/xhtml+xml", "attachment", "application/xhtml+xml"), ("Application/PDF; x=y", "inline", "application/pdf"),
            ("nonsense", "attachment", "application/octet-stream"), ("a/b\r\nX: y", "attachment", "application/octet-stream"),
            ("", "attachment", "application/octet-stream"),
        ])
    func inline(_ type: String, _ disposition: String, _ sent: String) async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Array("abc".utf8), type: type)
        try await desk.serve { visitor in
            let answer = try await visitor.get(try await open(visitor))
            #expect(answer.header("Content-Disposition")?.hasPrefix(disposition + ";") == true)
            #expect(answer.header("Content-Type") == sent)
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test(
        "names with quotes, accents, emoji, newlines and dots arrive whole and break nothing",
        arguments: [
            "01 L'eau \"potable\".pdf", "Délibération n° 3 – été.pdf", "e\u{301}te\u{301}.pdf", "📄 budget 🇫🇷.pdf",
            "a\r\nSet-Cookie: x=y.pdf", "..", ".", "a/b\\c.pdf",
            "100 %20.pdf", "שלום.pdf", String(repeating: "é", count: 120) + ".pdf", ";=,.pdf", "\u{7F}\u{1}.pdf", "?#&.pdf",
        ])
    func names(_ name: String) async throws {
        let desk = try Desk()
        let open = try await open(desk, bytes: Array("abc".utf8), name: name)
        try await desk.serve { visitor in
            let address = try await open(visitor)
            #expect(address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            let answer = try await visitor.get(address)
            #expect(answer.status == 200)
            #expect(answer.text == "abc")
            #expect(answer.header("Set-Cookie") == nil)
            let header = try #require(answer.header("Content-Disposition"))
            let match = try #require(header.wholeMatch(of: /inline; filename="([^"\\%\/]+)"; filename\*=UTF-8''([A-Za-z0-9._~%\-]+)/))
            #expect(String(match.output.2).removingPercentEncoding == name)
            #expect(match.output.1.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }

    @Test("a large document streams to many readers in little memory")
    func large() async throws {
        let desk = try Desk()
        let size = 48 << 20
        let block = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let open = try await open(desk, bytes: Array((0..<48).map { _ in block }.joined()))
        try await desk.serve { visitor in
            let address = try await open(visitor)
            let before = Self.residentBytes()
            // Readers that take what comes and drop it: curl itself, in processes of its own.
            let sizes = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await runAside("curl", ["-s", "-o", "/dev/null", "-w", "%{size_download}", visitor.base + address]).text
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sizes == Array(repeating: String(size), count: 12))
            #expect(Self.residentBytes() - before < 40 << 20)
        }
    }

    private static func residentBytes() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
        return (pages ?? 0) * 4096
    }
}
