import Foundation
import Notary
import TestSupport
import Testing

/// One text for one thing: what `verify` refuses of a file's form, the page refuses, and the other way round.
struct PageParityTests {
    @Test func `other writings of a key, or a mark before the list of contents, are refused here and in the browser`() async throws {
        let fixture = try await ProofFixture.shared.value
        let archive = try await fixture.exporter().export(.convocation(fixture.convocation)).archive
        #expect(try await VerifierPage.shown(archive).isGood)
        let key = try #require(try Zip.entries(of: archive).map(\.name).first { $0.hasSuffix("/opening.key") })
        let altered: [(String, ([UInt8]) -> [UInt8])] = [
            ("proof.json", { [0xEF, 0xBB, 0xBF] + $0 }), ("vkey", { $0 + Array("\n".utf8) }), ("vkey", { Array(" ".utf8) + $0 }),
            (key, { Array(String(decoding: $0, as: UTF8.self).uppercased().utf8) }), (key, { Array($0.dropLast()) }),
        ]
        for (place, (name, change)) in altered.enumerated() {
            let other = try ProofFixture.altered(archive, name, change)
            #expect(throws: ProofRefusal.self, "\(place) \(name)") { try ProofVerifier.verify(other) }
            #expect(try await !VerifierPage.shown(other).isGood, "\(place) \(name)")
        }
    }

    @Test func `notes, paths and authorities out of form are refused here and in the browser`() async throws {
        let fixture = try await ProofFixture.shared.value
        let archive = try await fixture.exporter().export(.convocation(fixture.convocation)).archive
        let names = try Zip.entries(of: archive).map(\.name)
        let note = try #require(names.first { $0.hasSuffix("/checkpoint") })
        let path = try #require(names.first { $0.hasSuffix("/leaf.tlog-proof") })
        let line = "AAAAAAAAAA==\n"
        var altered: [(String, [UInt8])] = []
        for name in ["a+b", "a\u{00A0}b", ""] {
            altered.append((name, try ProofFixture.altered(archive, note) { $0 + Array("— \(name) \(line)".utf8) }))
        }
        altered.append(("a short signature", try ProofFixture.altered(archive, note) { $0 + Array("— a AAAA\n".utf8) }))
        altered.append(("no last newline", try ProofFixture.altered(archive, note) { $0.dropLast() }))
        altered.append(
            ("65 lines", try ProofFixture.altered(archive, note) { $0 + Array(String(repeating: "— a \(line)", count: 65).utf8) }))
        altered.append(
            ("extra", try ProofFixture.altered(archive, path) { Self.lines($0, inserting: "extra ???", at: 1) }))
        altered.append(
            ("a short hash", try ProofFixture.altered(archive, path) { Self.lines($0, inserting: "AAAA", at: 2) }))
        for pem in ["no certificate\n", "-----BEGIN CERTIFICATE-----\nMAIAAAAA\n-----END CERTIFICATE-----\n"] {
            altered.append(
                ("authority", try Zip.archive(try Zip.entries(of: archive) + [ArchiveEntry("authorities/evil.pem", Array(pem.utf8))])))
        }
        for (name, other) in altered {
            #expect(throws: ProofRefusal.self, "\(name)") { try ProofVerifier.verify(other) }
            #expect(try await !VerifierPage.shown(other).isGood, "\(name)")
        }
        // A stranger's line in its form is no fault.
        let foreign = try ProofFixture.altered(archive, note) { $0 + Array("— a \(line)".utf8) }
        _ = try ProofVerifier.verify(foreign)
        #expect(try await VerifierPage.shown(foreign).isGood)
    }

    private static func lines(_ text: [UInt8], inserting line: String, at place: Int) -> [UInt8] {
        var lines = String(decoding: text, as: UTF8.self).components(separatedBy: "\n")
        lines.insert(line, at: place)
        return Array(lines.joined(separator: "\n").utf8)
    }
}
