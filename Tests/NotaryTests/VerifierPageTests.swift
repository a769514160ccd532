import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// `VERIFIER.html` in Chromium, as a person would use it, in French.
enum VerifierPage {
    static func shown(
        _ archive: [UInt8], document: [UInt8]? = nil, key: String = "", witnesses: [String] = []
    ) async throws -> (isGood: Bool, text: String) {
        let folder = try TemporaryFolder()
        let proof = try folder.write(archive, to: "preuve.asice")
        let page = Tool.repository.appendingPathComponent("Templates/proof/VERIFIER.html")
        let file = try document.map { try folder.write($0, to: "document").path } ?? "-"
        let asked = [page.path, proof.path, file, key.isEmpty ? "-" : key] + witnesses
        let result = try await aside { try Tool.judge("verifier_page.py", asked) }
        try #require(result.status == 0, "\(result.errors)")
        return (result.text.hasPrefix("good\n"), result.text)
    }
}

@Suite("VERIFIER.html, in a browser,")
struct VerifierPageTests {
    private func shown(_ archive: [UInt8], document: [UInt8]? = nil, key: String = "") async throws -> (isGood: Bool, text: String) {
        try await VerifierPage.shown(archive, document: document, key: key)
    }

    @Test("holds the proof of a document, of a convocation and of a sitting to be what we hold it to be")
    func right() async throws {
        let fixture = try await ProofFixture()
        let document = fixture.documents[0]
        let bytes = try Fixtures.bytes(fixture.base.data.documents.url(of: document.hash))
        let sealed = try await fixture.exporter(sealed: true).export(.document(document.hash)).archive
        let key = fixture.key.description
        let first = try await shown(sealed, document: bytes, key: key)
        #expect(first.isGood && first.text.contains("le document donné est celui de la preuve"), "\(first.text)")
        #expect(
            first.text.contains("la clé est celle que vous avez donnée") && first.text.contains("cette page ne vérifie pas qui l’a signé"),
            "\(first.text)")
        for subject in [ProofSubject.convocation(fixture.convocation), .sitting(fixture.sitting.id)] {
            let page = try await shown(try await fixture.exporter().export(subject).archive)
            #expect(page.text.contains("« appariteur verify » peut encore refuser ce fichier"), "\(page.text)")
            #expect(
                page.isGood && page.text.contains("celui qui l’a signé le dit, et cette page ne vérifie ni sa signature"), "\(page.text)")
        }
    }

    @Test("holds a convocation's proof in which letters came after it, and no other member's letter")
    func letters() async throws {
        let fixture = try await ProofFixture()
        let storage = fixture.base.data.storage
        _ = try await storage.cancel(fixture.sitting.id, by: "test", at: Sample.now.addingTimeInterval(7200))
        try await storage.writeLetters(at: Sample.now.addingTimeInterval(7200))
        fixture.base.clock.advance(100)
        try await fixture.base.publish()
        for edition in Edition.allCases {
            let archive = try await fixture.exporter().export(.convocation(fixture.convocation), for: edition).archive
            let report = try ProofVerifier.verify(archive)
            #expect(report.facts.contains { $0.type == .letterIssued }, "\(edition)")
            let page = try await shown(archive)
            #expect(page.isGood, "\(edition): \(page.text)")
        }
        // Another member's letter in the place of one's own.
        let other = try #require(
            try await storage.status(of: fixture.sitting.id).first { $0.id != fixture.convocation && $0.state == .relayed })
        let archive = try await fixture.exporter().export(.convocation(other.id), for: .member).archive
        let taken = try ProofFixture.altered(archive, "proof.json") {
            Array(
                String(decoding: $0, as: UTF8.self).replacing("\"convocation\":\(other.id)", with: "\"convocation\":\(fixture.convocation)")
                    .utf8)
        }
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(taken) }
        let page = try await shown(taken)
        #expect(!page.isGood && page.text.contains("d’une autre convocation"), "\(page.text)")
    }

    @Test("refuses what was altered, with the reason")
    func wrong() async throws {
        let fixture = try await ProofFixture()
        let archive = try await fixture.exporter().export(.convocation(fixture.convocation)).archive
        let names = try Zip.entries(of: archive).map(\.name)
        func flipped(_ suffix: String) throws -> [UInt8] {
            let name = try #require(names.first { $0.hasSuffix(suffix) })
            return try ProofFixture.altered(archive, name) { bytes in
                var bytes = bytes
                bytes[bytes.count / 2] ^= 1
                return bytes
            }
        }
        for suffix in ["leaf.json", "leaf.tlog-proof", "opening.json", "opening.key", "/checkpoint", "/body", "vkey"] {
            let page = try await shown(try flipped(suffix))
            #expect(!page.isGood && page.text.contains("Refusée"), "\(suffix): \(page.text)")
        }
        let stamp = "checkpoints/\(fixture.secondSize)/body.essai.tsr"
        let earlier = try Fixtures.bytes(fixture.base.anchored(fixture.firstSize, "body.tsr"))
        let restamped = try await shown(try ProofFixture.altered(archive, stamp) { _ in earlier })
        #expect(!restamped.isGood && restamped.text.contains("porte sur un autre texte"), "\(restamped.text)")
        let other = try await shown(
            archive, key: try NoteSigningKey(name: "autre", seed: Array(repeating: 1, count: 32)).verifier.description)
        #expect(!other.isGood && other.text.contains("la clé donnée n’est pas celle"), "\(other.text)")
        let document = fixture.documents[0]
        let proof = try await fixture.exporter().export(.document(document.hash)).archive
        let wrong = try await shown(proof, document: Array("autre".utf8))
        #expect(!wrong.isGood && wrong.text.contains("ce n’est pas ce document"), "\(wrong.text)")
    }
}
