import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import TestSupport
import Testing

/// What was anchored gets its witnesses' lines.
struct AnchoredWitnessTests {
    private let ledger: WitnessedLedger

    init() throws { ledger = try WitnessedLedger() }

    @Test func `anchored states are cosigned before the latest, keep what was stamped, and the audit finds any flipped byte`() async throws
    {
        let judge = try JudgeWitness()
        try judge.add(origin: ledger.key.name, vkey: "\(ledger.key)")
        let running = try judge.start()
        let service = try ledger.service([(running.url, judge.vkey)], threshold: 1)
        let name = try CosignerKey(parsing: judge.vkey).name

        // Anchored, then overtaken before any witness was asked.
        let first = try await ledger.grow()
        try await ledger.anchor()
        let second = try await ledger.grow()
        let body = try Fixtures.bytes(ledger.base.anchored(first, "body"))
        #expect(try ledger.cosigners("anchors/\(first)/checkpoint", [judge.vkey]).names == [])
        try await service.cosignDue()
        #expect(try ledger.cosigners("anchors/\(first)/checkpoint", [judge.vkey]) == (first, [name]))
        #expect(try ledger.cosigners("cosigned", [judge.vkey]) == (second, [name]))
        #expect(try Fixtures.bytes(ledger.base.anchored(first, "body")) == body)

        // Cosigned first, anchored later; what is wrong in `cosigned` doesn't get into the anchored note.
        let cosigned = try Fixtures.bytes(ledger.base.ledger.appendingPathComponent("cosigned"))
        var wrong = cosigned
        wrong[wrong.count - 9] = wrong[wrong.count - 9] == 0x41 ? 0x42 : 0x41
        try ledger.replace("cosigned", with: wrong)
        try await ledger.anchor([judge.vkey])
        #expect(try ledger.cosigners("anchors/\(second)/checkpoint", [judge.vkey]).names == [])
        try ledger.replace("cosigned", with: cosigned)
        try await service.cosignDue()
        #expect(try ledger.cosigners("anchors/\(second)/checkpoint", [judge.vkey]) == (second, [name]))
        let fourth = try await ledger.grow()
        try await service.cosignDue()
        try await ledger.anchor([judge.vkey])
        #expect(try ledger.cosigners("anchors/\(fourth)/checkpoint", [judge.vkey]) == (fourth, [name]))
        // Anchored, not overtaken.
        let third = try await ledger.grow()
        try await ledger.anchor()
        try await service.cosignDue()
        #expect(try ledger.cosigners("anchors/\(third)/checkpoint", [judge.vkey]) == (third, [name]))
        // A crash between `cosigned` and the anchored note: the next pass makes up for it.
        try ledger.replace("anchors/\(third)/checkpoint", with: Fixtures.bytes(ledger.base.ledger.appendingPathComponent("checkpoint")))
        #expect(try ledger.cosigners("anchors/\(third)/checkpoint", [judge.vkey]).names == [])
        try await ledger.service([(running.url, judge.vkey)], threshold: 1).cosignDue()
        #expect(try ledger.cosigners("anchors/\(third)/checkpoint", [judge.vkey]) == (third, [name]))
        running.stop()

        #expect(ledger.lines.count(.warning) + ledger.lines.count(.error) + ledger.lines.count(.critical) == 0, "\(ledger.lines.all)")
        #expect(try await ledger.findings([judge.vkey]) == [])
        #expect(try await ledger.findings([]) == [])
        let folder = ledger.base.anchored(first, "body").deletingLastPathComponent()
        let stamped = try Tool.run(
            "openssl", ["ts", "-verify", "-data", "body", "-in", "body.tsr", "-CAfile", ledger.authority.authorities.path], folder: folder)
        #expect(stamped.status == 0, "\(stamped.errors)")

        let path = "anchors/\(first)/checkpoint"
        let right = try Fixtures.bytes(ledger.base.ledger.appendingPathComponent(path))
        for place in right.indices {
            var bytes = right
            bytes[place] ^= 1 << UInt8(place % 7)
            try ledger.replace(path, with: bytes)
            #expect(try await ledger.findings([judge.vkey]).contains(path), "byte \(place)")
        }
        // A witness that is configured no longer is none's concern.
        let retired = try CosigningKey(name: "temoin.example/retired", seed: Array(repeating: 3, count: 32))
        let note = try UnverifiedNote(parsing: right)
        try ledger.replace(path, with: note.adding([retired.cosign(note.text, at: 1).line]).bytes)
        #expect(try await ledger.findings([judge.vkey]) == [])
    }

    @Test func `a witness that comes late cosigns what was anchored meanwhile, in rising order; below the threshold nothing is added`()
        async throws
    {
        let keys = try [11, 12].map { try CosigningKey(name: "temoin.example/w\($0)", seed: Array(repeating: UInt8($0), count: 32)) }
        let (one, two) = (try RudeWitness(), try RudeWitness())
        let vkeys = keys.map { "\($0.verifier)" }
        let service = try ledger.service([(one.url, vkeys[0]), (two.url, vkeys[1])], threshold: 2)
        let first = try await ledger.grow()
        try await ledger.anchor()
        let second = try await ledger.grow()
        func line(_ key: CosigningKey, _ path: String) throws -> (Int, String, String) {
            let text = try UnverifiedNote(parsing: Fixtures.bytes(ledger.base.ledger.appendingPathComponent(path))).text
            return (200, "text/plain", try key.cosign(text, at: UInt64(ledger.clock.wall.now().timeIntervalSince1970)).line.line)
        }
        try one.answer([try line(keys[0], "anchors/\(first)/checkpoint"), try line(keys[0], "checkpoint")])
        try two.answer([(500, "text/plain", "")])
        try await service.cosignDue()
        // It failed once and is not asked for the next state at once.
        #expect(try one.asked() == ["old 0", "old \(first)"] && two.asked() == ["old 0"])
        #expect(!FileManager.default.fileExists(atPath: ledger.base.ledger.appendingPathComponent("cosigned").path))
        #expect(try ledger.cosigners("anchors/\(first)/checkpoint", vkeys).names == [])

        ledger.clock.advance(30)
        try two.answer([try line(keys[1], "anchors/\(first)/checkpoint"), try line(keys[1], "checkpoint")])
        try await service.cosignDue()
        #expect(try two.asked() == ["old 0", "old \(first)"])
        #expect(try ledger.cosigners("anchors/\(first)/checkpoint", vkeys) == (first, keys.map(\.verifier.name)))
        #expect(try ledger.cosigners("cosigned", vkeys) == (second, keys.map(\.verifier.name)))
        #expect(try await ledger.findings(vkeys) == [])
    }

    @Test func `a witness that is past an anchored state gives no alarm; an anchored note that isn't right is told once and left`()
        async throws
    {
        let witness = try CosigningKey(name: "temoin.example/w", seed: Array(repeating: 4, count: 32))
        let (rude, vkey) = (try RudeWitness(), "\(witness.verifier)")
        let first = try await ledger.grow()
        try await ledger.anchor()
        let damaged = try await ledger.grow()
        try await ledger.anchor()
        let latest = try await ledger.grow()
        let path = "anchors/\(damaged)/checkpoint"
        let right = try Fixtures.bytes(ledger.base.ledger.appendingPathComponent(path))
        let wrong = right.dropLast(9) + Array("AAAAAAA=\n".utf8)
        try ledger.replace(path, with: wrong)
        let text = try UnverifiedNote(parsing: Fixtures.bytes(ledger.base.ledger.appendingPathComponent("checkpoint"))).text
        let line = try witness.cosign(text, at: UInt64(ledger.clock.wall.now().timeIntervalSince1970)).line.line
        try rude.answer([(409, TreeSizeText.mediaType, "\(latest)\n"), (200, "text/plain", line)])
        let service = try ledger.service([(rude.url, vkey)], threshold: 1)
        for _ in 0..<3 { try await service.cosignDue() }
        #expect(try rude.asked() == ["old 0", "old \(latest)"])
        #expect(try ledger.cosigners("cosigned", [vkey]).size == latest)
        #expect(try ledger.cosigners("anchors/\(first)/checkpoint", [vkey]).names == [])
        #expect(ledger.lines.count(.critical) + ledger.lines.count(.error) == 0, "\(ledger.lines.all)")
        #expect(ledger.lines.all.filter { $0.hasPrefix("warning") && $0.contains(path) }.count == 1, "\(ledger.lines.all)")
        #expect(try Fixtures.bytes(ledger.base.ledger.appendingPathComponent(path)) == wrong)
        #expect(try await ledger.findings([vkey]) == [path])
    }
}
