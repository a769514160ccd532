import Council
import Curl
import Foundation
import Store
import TestSupport
import Testing

@Suite("Outside anchors on the register's pages")
struct AnchorTests {
    @Test func `the attested time, pending proofs and the last confirmed checkpoint are shown`() async throws {
        let site = try PublicSite()
        let sitting = try await site.convene(day: "2026-12-15")
        try await site.publish()
        let size = try #require(try await site.store.storage.checkpoint()).size
        let token = try await aside { try Self.token(in: site.ledger) }
        for file in ["checkpoint", "body", "body.tsr", "body.ots"] { try site.ledger.write("x", to: "anchors/\(size)/\(file)") }
        for file in ["body", "body.ots"] { try site.ledger.write("x", to: "anchors/5/\(file)") }
        func record(_ size: UInt64, _ method: AnchorRecord.Method, _ name: String, _ state: AnchorRecord.State, _ bytes: [UInt8] = [])
            -> AnchorRecord
        {
            AnchorRecord(size: size, method: method, authority: name, state: state, bytes: bytes, attempts: 1, nextTry: nil, fault: nil)
        }
        try await site.store.storage.save([
            record(size, .rfc3161, "horodateur", .complete, token.reply), record(size, .rfc3161, "autre", .wanted),
            record(size, .openTimestamps, "calendrier", .pending), record(5, .openTimestamps, "calendrier", .complete),
        ])
        try await site.serve { reader in
            let words = try await reader.get("/").words
            let when = CivilDateTime(of: token.time, in: Sample.zone)
            let time = "\(when.date.words(in: .french)), entre \(when.hour) h et \((when.hour + 1) % 24) h"
            #expect(words.contains("tel quel, ses \(size) premières inscriptions"))
            #expect(words.contains("Horodatage (RFC 3161) par horodateur : \(time)"), "\(words)")
            #expect(!words.contains("par autre"))
            #expect(words.contains("OpenTimestamps par calendrier : en attente de la blockchain"))
            #expect(words.contains("Dernière confirmation dans la blockchain : les 5 premières inscriptions."))
            let page = try await reader.get("/seances/\(sitting.id)").words
            #expect(page.contains("Toutes ces inscriptions sont ancrées"))
            let links = try await reader.crawl(["/"])
            for file in ["checkpoint", "body", "body.tsr", "body.ots"] { #expect(links["/ledger/anchors/\(size)/\(file)"]?.status == 200) }
        }
        try await site.store.storage.save([record(size, .openTimestamps, "calendrier", .complete)])
        try await site.serve { reader in
            let words = try await reader.get("/en").words
            // Nobody here has seen that block: it is the calendar that says so.
            #expect(words.contains("OpenTimestamps by calendrier: in the blockchain, says this calendar"))
            #expect(!words.contains("Last confirmation"))
        }
        // With the header of a block, which a node gave.
        try site.ledger.write("x", to: "anchors/\(size)/block-102.header")
        try await site.serve { reader in
            let words = try await reader.get("/en").words
            #expect(words.contains("OpenTimestamps by calendrier: confirmed in the blockchain"))
        }
        let id = String(repeating: "c", count: 64)
        let transaction = ChainTransaction(network: "bitcoin", id: id, bytes: [1], signedAt: Sample.now)
        for state in [AnchorRecord.State.pending, .complete] {
            try await site.store.storage.save([
                AnchorRecord(
                    size: size, method: .chainNode, authority: "bitcoin", state: state, bytes: [], attempts: 1, nextTry: nil, fault: nil,
                    transaction: transaction)
            ])
            try await site.serve { reader in
                let words = try await reader.get("/").words
                let said = state == .complete ? "confirmé dans la blockchain" : "en attente de la blockchain"
                #expect(words.contains("Transaction de la collectivité (bitcoin) \(id) : \(said)"), "\(words)")
                #expect(words.contains("OpenTimestamps par calendrier : confirmé dans la blockchain"))
            }
        }
    }

    @Test func `a token that can't be read shows no time`() async throws {
        let site = try PublicSite()
        try await site.convene(day: "2026-12-15")
        try await site.publish()
        let size = try #require(try await site.store.storage.checkpoint()).size
        try site.ledger.write("x", to: "anchors/\(size)/body.tsr")
        let good = try await aside { try Self.token(in: site.ledger).reply }
        for bytes in [
            [], [0x30], [0x30, 0x80], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], Array(good.prefix(good.count / 2)), Array(good.dropFirst()),
        ] {
            try await site.store.storage.save([
                AnchorRecord(
                    size: size, method: .rfc3161, authority: "horodateur", state: .complete, bytes: bytes, attempts: 1, nextTry: nil,
                    fault: nil)
            ])
            try await site.serve { reader in
                let page = try await reader.get("/").text
                #expect(page.contains("<li>Horodatage (RFC 3161) par horodateur</li>"))
            }
        }
    }

    /// A reply of a real authority, and the time that OpenSSL reads in it.
    private static func token(in folder: TemporaryFolder) throws -> (reply: [UInt8], time: Date) {
        let authority = try TimestampAuthority()
        defer { authority.stop() }
        try folder.write("corps\n", to: "to-stamp")
        let query = try Tool.run("openssl", ["ts", "-query", "-data", folder["to-stamp"].path, "-sha256", "-cert"])
        #expect(query.status == 0, "\(query.errors)")
        let file = try folder.write(query.output, to: "query.tsq")
        let script = """
            import sys, urllib.request
            request = urllib.request.Request(sys.argv[1], open(sys.argv[2], "rb").read(), {"Content-Type": "application/timestamp-query"})
            sys.stdout.buffer.write(urllib.request.urlopen(request, timeout=30).read())
            """
        let reply = try Tool.run(Tool.python, ["-c", script, authority.url(), file.path])
        #expect(reply.status == 0, "\(reply.errors)")
        let stored = try folder.write(reply.output, to: "reply.tsr")
        let text = try Tool.run("openssl", ["ts", "-reply", "-in", stored.path, "-text"]).text
        // "Time stamp: Nov 24 09:12:33 2026 GMT"
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Time stamp: ") })
        let seconds = try Tool.run("date", ["-u", "-d", String(line.dropFirst(12)), "+%s"]).text
        return (reply.output, Date(timeIntervalSince1970: try #require(Double(seconds.trimmingCharacters(in: .whitespacesAndNewlines)))))
    }
}
