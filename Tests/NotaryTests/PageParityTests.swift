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
}
