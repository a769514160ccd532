import Council
import Crypto
import Curl
import DefaultFiles
import Foundation
import Links
import Reception
import Store
import TestSupport
import Testing

@Suite("What all pages have in common")
struct PageTests {
    @Test("each page has its language, a title, one heading, a main landmark, a skip link; nothing from elsewhere, no script")
    func accessible() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        let sitting = try #require(try await desk.store.storage.sittings().first)
        let follow = try await desk.clerkPath(.follow, sitting)
        let cancel = try await desk.clerkPath(.cancel(revision: sitting.revision), sitting)
        let member = try #require(try await desk.store.storage.status(of: sitting.id).first?.member.id)
        try await desk.serve(Desk.settings(.confirm)) { visitor in
            let form = try #require(try await visitor.get(desk.path(convocation, 3)).form)
            let page = try #require(try await visitor.post(desk.path(convocation, 3), ["form": form]).location)
            for path in [
                "/nowhere", "/r/x", desk.path(convocation, 0), desk.path(convocation, 4), page, follow, cancel,
                follow + "/papier/\(member)",
            ] {
                for language in Language.allCases {
                    let answer = try await visitor.get(path + "?lang=\(language.rawValue)")
                    let text = answer.text
                    #expect(text.contains("<html lang=\"\(language.rawValue)\">"), "\(path.prefix(8))")
                    #expect(text.matches(of: /<h1>[^<]+<\/h1>/).count == 1)
                    #expect(text.matches(of: /<title>[^<]+<\/title>/).count == 1)
                    #expect(text.split(separator: "<main ").count == 2)
                    let skip = try #require(text.firstMatch(of: /class="skip" href="#([a-z]+)"/))
                    #expect(text.contains("id=\"\(skip.output.1)\""))
                    #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("src=") && !text.contains("style=\""))
                    #expect(!text.contains("{{"))
                    #expect(answer.header("Cache-Control") == "no-store")
                    #expect(answer.header("Content-Language") == language.rawValue)
                    let style = try #require(text.firstMatch(of: /<style>([^<]*)<\/style>/))
                    let digest = Data(SHA256.hash(data: Data(style.output.1.utf8))).base64EncodedString()
                    let policy = try #require(answer.header("Content-Security-Policy"))
                    #expect(policy.contains("style-src 'sha256-\(digest)'"))
                    #expect(
                        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")
                            && policy.contains("form-action 'self'"))
                }
            }
        }
    }

    @Test("the style is the same in both languages")
    func style() throws {
        let styles = try Language.allCases.map {
            try Data(contentsOf: DefaultFiles.folder.appendingPathComponent("\($0.rawValue)/page/style.html"))
        }
        #expect(styles[0] == styles[1])
    }

    @Test("text keeps a contrast of at least 4.5:1 with what is behind it, in both schemes")
    func contrast() throws {
        let text = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("fr/page/style.html"), encoding: .utf8)
        let roots = text.matches(of: /:root \{([^}]*)\}/).prefix(2)
        #expect(roots.count == 2)
        for root in roots {
            let pairs = root.output.1.matches(of: /--([a-z-]+): #([0-9a-f]{6})/).map {
                (String($0.output.1), luminance(String($0.output.2)))
            }
            let colours = Dictionary(uniqueKeysWithValues: pairs)
            for (ink, grounds) in [
                ("ink", ["paper", "wash", "accent-wash", "good-wash", "warn-wash", "bad-wash"]), ("soft", ["paper", "wash"]),
                ("accent", ["paper", "wash", "accent-wash", "good-wash", "warn-wash", "bad-wash"]), ("on-accent", ["accent"]),
                ("good", ["good-wash", "paper"]), ("warn", ["warn-wash", "paper"]), ("bad", ["bad-wash", "paper"]), ("paper", ["bad"]),
                ("soft", ["good-wash", "warn-wash", "bad-wash"]),
            ] {
                for ground in grounds {
                    let (a, b) = (try #require(colours[ink]), try #require(colours[ground]))
                    #expect((max(a, b) + 0.05) / (min(a, b) + 0.05) >= 4.5, "\(ink) on \(ground)")
                }
            }
        }
    }

    /// WCAG 2.2's relative luminance.
    private func luminance(_ hex: String) -> Double {
        let channels = (Hex.decode(hex) ?? []).map { byte in
            let value = Double(byte) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }

    @Test("other methods are told which are allowed; a method has no effect where it isn't")
    func methods() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor in
            let page = try #require(try await visitor.get(desk.path(convocation, 3)).location)
            let posted = try await visitor.post(page, [:])
            #expect(posted.status == 405)
            #expect(posted.header("Allow") == "GET, HEAD")
            let sitting = try #require(try await desk.store.storage.sittings().first)
            let follow = try await desk.clerkPath(.follow, sitting)
            for (path, allowed) in [
                (desk.path(convocation, 0), "get, head, post"), (page, "get, head"), (follow, "get, head, post"),
                (follow + "/etat", "get, head"),
                (follow + "/papier/1", "get, head, post"),
            ] {
                for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
                    let result = try await runAside("curl", ["-s", "-o", "/dev/null", "-D", "-", "-X", method, visitor.base + path])
                    #expect(result.text.contains(" 405 "), "\(method) \(path)")
                    #expect(result.text.lowercased().contains("allow: \(allowed)\r\n"), "\(method) \(path)")
                }
                #expect(try await visitor.head(path).status != 405)
            }
        }
    }

    @Test("the browser's language is chosen by weight, French by default")
    func preferred() {
        for (header, language) in [
            ("", Language.french), ("en", .english), ("fr", .french), ("en-US,en;q=0.9,fr;q=0.8", .english),
            ("fr-CH, fr;q=0.9, en;q=0.8", .french),
            ("en;q=0.4, fr;q=0.6", .french), ("de, es", .french), ("de, en;q=0.1", .english), ("en;q=0", .french), ("*", .french),
            ("en ; q=x", .french),
            (String(repeating: "x,", count: 5000) + "en", .french),
        ] {
            #expect(PageLanguage.preferred(header) == language, "\(header.prefix(40))")
        }
    }
}
