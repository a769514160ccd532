import Council
import Curl
import Foundation
import Links
import Store
import TestSupport
import Testing

@Suite("A bad token opens nothing and costs nothing")
struct TokenTests {
    @Test("any flipped character is refused without a look into the database")
    func flipped() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        let token = Array(desk.path(convocation, 0).dropFirst(3))
        try await desk.serve { visitor in
            for index in token.indices {
                var altered = token
                altered[index] = token[index] == "A" ? "B" : "A"
                let answer = try await visitor.get("/r/" + String(altered))
                #expect(answer.status == 404, "position \(index)")
            }
            #expect(desk.watched.calls == 0)
            #expect(try await visitor.get("/r/" + String(token)).status == 303)
        }
    }

    @Test("malformed, over-long, of an unknown key or of another purpose: not found, no database")
    func malformed() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        let link = convocation.links[0]
        let stranger = try LinkKeyring.fresh(at: Sample.now) { [UInt8](repeating: 9, count: $0) }
        let rotated = try stranger.rotated(at: Sample.now) { [UInt8](repeating: 8, count: $0) }
        let fetch = desk.keyring.token(for: link.id, purpose: .fetch, expires: link.expires)
        let member = desk.keyring.token(for: link.id, purpose: .member, expires: link.expires)
        let tokens = [
            "x", "....", String(repeating: "A", count: 40), String(repeating: "A", count: 8000), member + "A", String(member.dropLast()),
            member.replacing("A", with: "%41"), "%00", "é",
            stranger.token(for: link.id, purpose: .member, expires: link.expires),
            rotated.token(for: link.id, purpose: .member, expires: link.expires),
            fetch,
        ].filter { $0 != member }
        try await desk.serve { visitor in
            for token in tokens {
                let path = token.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? token
                for prefix in ["/r/", "/suivi/"] {
                    let answer = try await visitor.get(prefix + path)
                    #expect(answer.status == 404, "\(prefix)\(token.prefix(50))")
                    #expect(answer.text.contains("<h1>Cette adresse ne mène à rien</h1>"))
                }
            }
            for path in ["/d/\(member)/x.pdf", "/s/\(member)", "/d/\(member)/0123456789abcdef/x.pdf"] {
                #expect(try await visitor.get(path).status == 404)
            }
            #expect(desk.watched.calls == 0)
        }
    }

    @Test("an expired link is gone, with whom to ask, and no database")
    func expired() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        desk.clock.set(convocation.links[0].expires)
        try await desk.serve { visitor in
            let answer = try await visitor.get(desk.path(convocation, 0))
            #expect(answer.status == 410)
            #expect(answer.text.contains("mailto:assemblees@aurence.example"))
            #expect(desk.watched.calls == 0)
            desk.clock.set(convocation.links[0].expires.addingTimeInterval(-1))
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
        }
    }

    @Test("a genuine token of a link that the store doesn't know is not found; a revoked one is gone")
    func unknownAndRevoked() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        let unknown = desk.keyring.token(for: 42, purpose: .member, expires: convocation.links[0].expires)
        try await desk.serve { visitor in
            #expect(try await visitor.get("/r/" + unknown).status == 404)
            let document = try #require(try await visitor.get(desk.path(convocation, 0)).location)
            try await desk.store.storage.revokeLinks(of: convocation.id, at: desk.clock.now)
            let before = try await desk.store.storage.journalSize()
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 410)
            #expect(try await visitor.get(document).status == 410)
            #expect(try await desk.store.storage.journalSize() == before)
        }
    }

    @Test("an old key's links still open, and lead to addresses under the new key")
    func rotation() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        let link = convocation.links[0]
        let older = try LinkKeyring(
            keys: [LinkKey(id: 200, secret: [UInt8](repeating: 5, count: 32), createdAt: Sample.now)] + desk.keyring.keys)
        let token = try LinkKeyring(keys: [older.keys[0]]).token(for: link.id, purpose: .member, expires: link.expires)
        try await desk.serve(keyring: older) { visitor in
            let answer = try await visitor.get("/r/" + token)
            #expect(answer.status == 303)
            #expect(try await visitor.get(try #require(answer.location)).status == 200)
        }
    }

    @Test("no token and no name reaches the log")
    func log() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(members: 1, documents: 1)[0]
        let token = String(desk.path(convocation, 0).dropFirst(3))
        try await desk.serve { visitor in
            _ = try await visitor.get("/r/" + token)
            _ = try await visitor.get("/r/" + token, Visitor.scanner)
            desk.watched.fail(.everything)
            #expect(try await visitor.get("/r/" + token).status == 503)
        }
        #expect(!desk.log.lines.isEmpty)
        for line in desk.log.lines {
            #expect(!line.contains(token))
            #expect(!line.contains("Le Goff"))
        }
    }
}
