import Council
import Foundation
import Notary
import Store
import TestSupport
import Testing

/// `body.ots` inside a proof: the page in the browser takes and refuses what `verify` does, and each refusal has its French words.
struct CalendarProofPageTests {
    private static func attestation(_ tag: [UInt8], _ payload: [UInt8]) -> [UInt8] { [0x00] + tag + [UInt8(payload.count)] + payload }
    private static func block(_ payload: [UInt8]) -> [UInt8] { attestation([0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01], payload) }
    private static func pending(_ uri: String, _ length: Int? = nil) -> [UInt8] {
        attestation([0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e], [UInt8(length ?? uri.utf8.count)] + uri.utf8)
    }

    private static let right = [
        block([0x05]), block([0xc0, 0xa2, 0x33]), pending("https://a.example/x_y-z"), [0xf0, 1, 7, 0x08] + block([1]),
        [0xff] + attestation([1, 2, 3, 4, 5, 6, 7, 8], [9]) + block([5]),
    ]
    private static let wrong = [
        block([]), block([0x80]), block([5, 0]), pending("https://a.example/<b>"), pending("javascript:alert(1)"), pending("https://a", 3),
        pending("https://a", 40), [0xf0, 0] + block([5]), block([5]) + [0], Array(block([5]).dropLast()), [0x08],
        [UInt8](repeating: 0x08, count: 300) + block([5]), [0xaa] + block([5]), [],
    ]

    @Test func `the page and verify hold the same calendar proofs, and refuse the same`() async throws {
        let fixture = try await ProofFixture.shared.value
        let archive = try await fixture.exporter().export(.document(fixture.documents[0].hash)).archive
        let name = "checkpoints/\(fixture.firstSize)/body.ots"
        let body = try ProofFixture.bytes("checkpoints/\(fixture.firstSize)/body", in: archive)
        try #require(!body.isEmpty)
        let head = Array("\0OpenTimestamps\0\0Proof\0".utf8) + [0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94, 1, 0x08]
        for (trees, isRight) in [(Self.right, true), (Self.wrong, false)] {
            for tree in trees {
                let proof = ArchiveEntry(name, head + ContentHash(sha256Of: body).bytes + tree)
                let changed = try Zip.archive(try Zip.entries(of: archive).filter { $0.name != name } + [proof])
                let refusal = refusal(changed)
                #expect((refusal == nil) == isRight, "\(Hex.encode(tree)): \(String(describing: refusal))")
                if case .badAnchor(_, let why)? = refusal { #expect(DetailWords.french(why) != why, "\(why)") }
                let page = try await VerifierPage.shown(changed)
                #expect(page.isGood == isRight, "\(Hex.encode(tree)): \(page.text)")
            }
        }
    }

    private func refusal(_ archive: [UInt8]) -> ProofRefusal? {
        do {
            _ = try ProofVerifier.verify(archive)
            return nil
        } catch {
            return error
        }
    }

    @Test func `whatever is wrong with a calendar's proof is said in French`() {
        let faults: [OpenTimestamps.Fault] = [
            .notAProof, .unsupportedVersion(2), .unsupportedOperation(3), .truncated, .trailingBytes(4), .tooLong(70_000), .tooDeep,
            .messageTooLong(5000), .numberTooLarge, .badAttestation, .badAddress, .otherMessage,
        ]
        for fault in faults { #expect(DetailWords.french(fault.description) != fault.description, "\(fault)") }
    }
}
