import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

struct ProofTests {
    let fixture: ProofFixture

    init() async throws { fixture = try await ProofFixture.shared.value }

    private func token(_ size: UInt64) async throws -> Date {
        let record = try #require(try await fixture.base.data.storage.anchors(of: size).first)
        let body = try Fixtures.bytes(fixture.base.anchored(size, "body"))
        let request = TimestampRequest(imprint: Sample.hash(body), nonce: nil, policy: nil)
        return try UnverifiedTimestamp(parsing: record.bytes).verified(against: request, trusting: fixture.roots()).time
    }

    @Test func `a document's proof says that it was received, and since when at the latest`() async throws {
        let document = fixture.documents[1]
        let proof = try await fixture.exporter().export(.document(document.hash))
        let report = try ProofVerifier.verify(
            proof.archive, document: document.hash, key: fixture.key, authorities: fixture.roots())
        #expect(report.facts.map(\.type) == [.documentReceived])
        #expect(report.facts[0].document == document.hash && report.facts[0].sitting == fixture.sitting.id)
        #expect(report.facts[0].opened?["title"]?.text == document.title)
        // The smallest anchored checkpoint that covers it, not the newest.
        #expect(report.facts[0].checkpoint == fixture.firstSize)
        #expect(report.notAfter == (try await token(fixture.firstSize)))
        #expect(report.statements.contains(.keyMatches) && report.statements.contains(.documentMatches(document.hash)))
        #expect(report.statements.filter { $0.standing == .advice } == [.noWitness])
    }

    @Test func `a confidential document's proof opens its entry`() async throws {
        let document = fixture.documents[2]
        let report = try ProofVerifier.verify(try await fixture.exporter().export(.document(document.hash)).archive)
        #expect(report.facts.map(\.document) == [document.hash])
    }

    @Test func `a convocation's proof tells what became of it`() async throws {
        let proof = try await fixture.exporter().export(.convocation(fixture.convocation))
        let report = try ProofVerifier.verify(proof.archive, key: fixture.key, authorities: fixture.roots())
        let own = report.facts.filter(\.type.concernsMember)
        #expect(own.map(\.type) == [.convocationIssued, .convocationRelayed, .receiptOpened])
        #expect(own.allSatisfy { $0.opened?["convocation"]?.whole == fixture.convocation.rawValue })
        #expect(own[1].opened?["reply"]?.text?.hasPrefix("250 ") == true)
        // What was decided of the sitting comes with it.
        #expect(
            report.facts.filter { !$0.type.concernsMember }.map(\.type)
                == [.documentReceived, .documentReceived, .documentReceived, .sittingReceived, .sittingApproved])
        #expect(report.notAfter == (try await token(fixture.secondSize)))
        let words = ProofWords(.french).text(of: report)
        #expect(words.contains("Cette preuve tient : convocation n° \(fixture.convocation)."), "\(words)")
        #expect(words.contains("convocation remise au relais de courrier · \(fixture.sitting.id)"), "\(words)")
    }

    @Test func `a sitting's proof for anyone names nobody, for those entitled it opens all`() async throws {
        let open = try await fixture.exporter().export(.sitting(fixture.sitting.id), for: .clerk)
        let report = try ProofVerifier.verify(open.archive, key: fixture.key, authorities: fixture.roots())
        #expect(
            report.facts.count == (try await fixture.base.data.storage.journal(matching: JournalQuery(sitting: fixture.sitting.id)).count))
        #expect(report.facts.allSatisfy { $0.opened != nil })

        let closed = try await fixture.exporter().export(.sitting(fixture.sitting.id), for: .citizen)
        let text = String(decoding: closed.archive, as: UTF8.self)
        let all = String(decoding: open.archive, as: UTF8.self)
        for entry in Sample.roll(4) {
            #expect(!text.contains(entry.familyName) && !text.contains("@aurence"))
            #expect(all.contains(entry.familyName))
        }
        #expect(!text.contains(fixture.documents[2].hash.hex) && !text.contains(fixture.documents[2].title))
        let shown = try ProofVerifier.verify(closed.archive)
        #expect(shown.facts.count == report.facts.count)
        #expect(shown.facts.filter { $0.opened != nil }.map(\.type) == [.documentReceived, .documentReceived])
        #expect(shown.statements.contains(.closed(shown.facts.count - 2)))
    }

    @Test func `without key or roots the proof holds, and says what it rests on and what would be stronger`() async throws {
        let proof = try await fixture.exporter().export(.document(fixture.documents[0].hash))
        let report = try ProofVerifier.verify(proof.archive)
        #expect(report.notAfter == nil)
        #expect(report.statements.contains(.keyFromFile) && !report.statements.contains(.keyMatches))
        #expect(report.statements.contains { if case .timestampedByOwnRoot = $0 { true } else { false } })
        #expect(report.statements.filter { $0.standing == .advice } == [.giveKey, .giveDocument, .giveRoots, .noWitness])
        let others = try CertificateAuthorities(pem: Fixtures.bytes(fixture.authority.otherAuthorities))
        #expect(try ProofVerifier.verify(proof.archive, authorities: others).notAfter == nil)
        // The root taken out as well: the token is there, unchecked.
        let rootless = try ProofFixture.altered(proof.archive) { $0.name.hasPrefix("authorities/") ? nil : $0 }
        #expect(try ProofVerifier.verify(rootless).statements.contains { if case .timestampUnchecked = $0 { true } else { false } })
    }

    @Test(arguments: [false, true])
    func `others' tools agree with the proof, sealed or not`(sealed: Bool) async throws {
        let proof = try await fixture.exporter(sealed: sealed).export(.sitting(fixture.sitting.id))
        #expect(proof.warnings == [])
        let folder = try TemporaryFolder()
        let file = try folder.write(proof.archive, to: "proof.asice")
        let judged = try Tool.judge("proof.py", [file.path, fixture.key.description, fixture.authority.authorities.path])
        #expect(judged.status == 0, "\(judged.errors)")
        let found = try JSON(parsing: Array(judged.text.trimmingCharacters(in: .whitespacesAndNewlines).utf8))
        #expect(found["facts"]?.items?.count == proof.facts)
        #expect(found["tokens"]?.items?.count == 2)
        #expect(found["sealed"]?.flag == sealed)
        let report = try ProofVerifier.verify(proof.archive, authorities: fixture.roots())
        #expect(report.statements.contains { if case .sealed = $0 { true } else { false } } == sealed)
    }

    @Test func `the commands in the text for people work as they are written`() async throws {
        let proof = try await fixture.exporter(sealed: true).export(.document(fixture.documents[0].hash))
        let folder = try TemporaryFolder()
        try folder.write(proof.archive, to: "proof.asice")
        #expect(try Tool.run("unzip", ["-q", "proof.asice"], folder: folder.url).status == 0)
        let seq = try ProofVerifier.verify(proof.archive).facts[0].seq
        let text = String(decoding: try Fixtures.bytes(folder["LISEZMOI.txt"]), as: UTF8.self)
        let commands = text.split(separator: "\n").filter { $0.hasPrefix("    openssl ") }.map { line in
            String(line).replacing("facts/N/", with: "facts/\(seq)/").replacing("/T/", with: "/\(fixture.firstSize)/").replacing(
                "NOM", with: "essai")
        }
        #expect(commands.count == 4)
        for command in commands {
            let result = try Tool.run("sh", ["-c", command], folder: folder.url)
            #expect(result.status == 0, "\(command): \(result.errors)")
            if command.contains("dgst") {
                let leaf = try JSON(parsing: Fixtures.bytes(folder["facts/\(seq)/leaf.json"]))
                #expect(result.text.contains(leaf["commitment"]?.text ?? "nothing"))
            }
        }
    }

    @Test func `what no checkpoint covers yet is left out, and said`() async throws {
        let fresh = try AnchorFixture()
        let sitting = try await fresh.data.draftSitting()
        let exporter = ProofExporter(
            storage: fresh.data.storage, ledgerFolder: fresh.ledger, authorities: [], verifierPage: try ProofFixture.verifierPage())
        await #expect(throws: ProofExportError.notYetSigned) { try await exporter.export(.sitting(sitting.id)) }
        try await fresh.publish()
        _ = try await fresh.data.storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let proof = try await exporter.export(.sitting(sitting.id))
        #expect(proof.warnings == [.notYetSigned(1)])
        let report = try ProofVerifier.verify(proof.archive)
        #expect(report.statements.contains { if case .notAnchored = $0 { true } else { false } })
        #expect(report.statements.contains(.askAgainLater))
        await #expect(throws: ProofExportError.nothingRecorded(.document(Sample.hash("unknown")))) {
            try await exporter.export(.document(Sample.hash("unknown")))
        }
    }

    @Test func `an authority that doesn't answer leaves the proof unsealed, and says so`() async throws {
        let broken = Fixtures.settings(of: fixture.authority, path: "broken")
        let exporter = ProofExporter(
            storage: fixture.base.data.storage, ledgerFolder: fixture.base.ledger, authorities: [broken],
            verifierPage: try ProofFixture.verifierPage(), seal: TimestampClient(http: Fixtures.http, randomness: .system))
        let proof = try await exporter.export(.document(fixture.documents[0].hash))
        #expect(proof.warnings == [.notSealed("the authority answered HTTP 500")])
        _ = try ProofVerifier.verify(proof.archive, document: fixture.documents[0].hash, key: fixture.key)
    }

    @Test func `the report is JSON, the words are there in both languages`() async throws {
        let proof = try await fixture.exporter().export(.convocation(fixture.convocation))
        let report = try ProofVerifier.verify(proof.archive)
        let json = try JSON(parsing: report.json.canonical)
        #expect(json["facts"]?.items?.count == 8 && json["holds"]?.flag == true && json["notAfter"] == JSON.null)
        let date = Sample.now
        let hash = Sample.hash("x")
        let statements: [ProofReport.Statement] = [
            .included(1), .included(2), .opened(2), .keyMatches, .documentMatches(hash),
            .timestamped(size: 5, authority: "a", signer: "s", at: date), .sealed(signer: "s", at: date), .keyFromFile,
            .timestampedByOwnRoot(size: 5, authority: "a", signer: "s", at: date), .sealedByOwnRoot(signer: "s", at: date),
            .timestampUnchecked(size: 5, authority: "a", why: "w"), .sealUnchecked(why: "w"),
            .block(size: 5, height: 6, merkleRoot: "ab"), .calendarPending(size: 5, calendar: "c"), .notAnchored(size: 5), .closed(2),
            .clockIsAuthoritys, .choiceIsMakers, .giveKey, .giveDocument, .giveRoots, .checkBlock(height: 6, merkleRoot: "ab"),
            .askAgainLater, .cosigned(size: 5, witness: "w", since: date), .cosignatureUnchecked(size: 5, witness: "w"),
            .counted([.convocationIssued: 4]), .giveWitnesses(["w"]), .noWitness,
            .headerHolds(size: 5, height: 6, block: "ab", network: .bitcoin, minedAt: date, workBits: 77),
            .headerHolds(size: 5, height: 6, block: "ab", network: nil, minedAt: date, workBits: 1), .groupingClaimed,
            .receiptUncounted(3, .letter("supplement")), .receiptUncounted(3, .afterCancellation(4)), .receiptUncounted(3, .takenBack(4)),
            .timesRunBack(1, seq: 5, at: date, after: 4, whose: date), .timesRunBack(3, seq: 5, at: date, after: 4, whose: date),
            .olderThanStamp(1, seq: 5, at: date, size: 4, stampedAt: date), .newerThanStamp(1, seq: 5, at: date, size: 6, stampedAt: date),
        ]
        let refusals: [ProofRefusal] = [
            .archive(.duplicate("a")), .missingFile("a"), .unexpectedFile("a"), .malformed("a", "b"), .otherKey(given: "a", found: "b"),
            .badCheckpoint(1, "a"), .otherBody(1), .notIncluded(1, "a"), .badLeaf(1, "a"), .badOpening(1, "a"), .otherSubject(1),
            .otherDocument(proven: hash, given: Sample.hash("y")), .notAboutDocument, .badAnchor("a", "b"),
            .manifestDiffers, .twoStates(1), .badCosignature(1, witness: "a"), .tooFewWitnesses(1, found: 1, wanted: 2),
            .beyondEdition(1, .citizen), .closedEntry(1, .clerk),
        ]
        let (french, english) = (ProofWords(.french), ProofWords(.english))
        var seen: Set<String> = []
        for text in statements.map(french.statement) + statements.map(english.statement) + refusals.map(french.refusal)
            + refusals.map(english.refusal)
        {
            #expect(text.count > 10 && seen.insert(text).inserted, "\(text)")
        }
        #expect(Set(statements.map(\.json)).count == statements.count)
        #expect(french.statement(.sealed(signer: "s", at: date)).contains("2026-11-24 08:05:04 UTC"))
    }
}
