import Council
import Foundation
import Notary
import TestSupport
import Testing

/// The format's limits, each at its last good value and one beyond, and what mutations do; the reference implementation says the
/// same of every case.
struct OpenTimestampsLimitTests {
    typealias OTS = OpenTimestamps

    private static let digest = Sample.hash("body")
    private static let end: [UInt8] = [0x00, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 0x01, 0x05]

    private static func file(_ tree: [UInt8]) -> [UInt8] {
        Array("\0OpenTimestamps\0\0Proof\0".utf8) + [0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94, 1, 0x08] + digest.bytes + tree
    }

    private static func number(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + number(value >> 7)
    }

    private static func append(_ count: Int, _ tag: UInt8 = 0xf0) -> [UInt8] {
        [tag] + number(count) + [UInt8](repeating: 1, count: count)
    }

    private static func attestation(_ tag: [UInt8], _ payload: [UInt8]) -> [UInt8] { [0x00] + tag + number(payload.count) + payload }

    private static func pending(_ uri: String) -> [UInt8] {
        attestation([0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e], number(uri.utf8.count) + uri.utf8)
    }

    private static func unknown(_ count: Int) -> [UInt8] {
        attestation([1, 2, 3, 4, 5, 6, 7, 8], [UInt8](repeating: 9, count: count))
    }

    /// Name, the tree at the limit, the tree one beyond.
    static let limits: [(String, [UInt8], [UInt8])] = [
        ("a message of 4,096 bytes, appended", append(4064) + end, append(4065) + end),
        ("a message of 4,096 bytes, prepended", append(4064, 0xf1) + end, append(4065, 0xf1) + end),
        ("a message of 4,096 bytes, by halves", append(2016) + [0xf3] + end, append(2017) + [0xf3] + end),
        ("a message of 4,096 bytes can be hashed on", append(4064) + [0xf2, 0x08] + end, append(4064) + append(1) + end),
        ("an argument of 1 byte", append(1) + end, append(0) + end),
        ("a payload of 8,192 bytes", unknown(8192), unknown(8193)),
        ("256 levels", [UInt8](repeating: 0x08, count: 255) + end, [UInt8](repeating: 0x08, count: 256) + end),
        ("an address of 1,000 bytes", pending(String(repeating: "a", count: 1000)), pending(String(repeating: "a", count: 1001))),
    ]

    private func judged(_ proofs: [[UInt8]]) throws -> [String] {
        let input = proofs.map { Hex.encode($0) + "\n" }.joined()
        let result = try Tool.judge("ots_accepts.py", input: Array(input.utf8))
        #expect(result.status == 0, "\(result.errors)")
        return result.text.split(separator: "\n").map(String.init)
    }

    /// The same in the judge's form.
    private func ours(_ bytes: [UInt8]) throws -> String {
        guard let proof = try? OTS.DetachedProof(parsing: bytes) else { return "refused" }
        return ([Hex.encode(proof.file)] + (try proof.attested().map { Hex.encode($0.message) }.sorted())).joined(separator: " ")
    }

    @Test func `each limit is kept to the byte, by ours and by the reference implementation`() throws {
        let verdicts = try judged(Self.limits.flatMap { [Self.file($0.1), Self.file($0.2)] })
        for (index, (name, good, bad)) in Self.limits.enumerated() {
            let proof = try OTS.DetachedProof(parsing: Self.file(good))
            #expect(proof.file == Self.file(good), "\(name)")
            #expect(throws: OTS.Fault.self, "\(name)") { try OTS.DetachedProof(parsing: Self.file(bad)) }
            #expect(try ours(Self.file(good)) == verdicts[2 * index], "\(name)")
            #expect(verdicts[2 * index + 1] == "refused", "\(name)")
        }
    }

    @Test func `a calendar's answer has 10,000 bytes at most, a file 65,536`() throws {
        func answer(_ count: Int) -> [UInt8] {
            // Two attestations, of which the second fills what is left.
            let first = [0xff] + Self.unknown(4000)
            let rest = count - first.count
            let head = 1 + 8 + 2
            return first + [0x00, 2, 2, 2, 2, 2, 2, 2, 2] + Self.number(rest - head) + [UInt8](repeating: 7, count: rest - head)
        }
        #expect(answer(10_000).count == 10_000 && answer(10_001).count == 10_001)
        #expect(try OTS.Tree(parsing: answer(10_000), of: [1]).attestations.count == 2)
        #expect(throws: OTS.Fault.tooLong(10_001)) { try OTS.Tree(parsing: answer(10_001), of: [1]) }
        func file(_ count: Int) -> [UInt8] {
            let each = [0xff] + Self.unknown(8000)
            let body = (0..<8).flatMap { number in Array(each.prefix(9)) + [UInt8(number)] + each.dropFirst(10) }
            let rest = count - Self.file([]).count - body.count
            return Self.file(body + [0x00, 2, 2, 2, 2, 2, 2, 2, 2] + Self.number(rest - 11) + [UInt8](repeating: 7, count: rest - 11))
        }
        #expect(file(65_536).count == 65_536)
        _ = try OTS.DetachedProof(parsing: file(65_536))
        #expect(throws: OTS.Fault.tooLong(65_537)) { try OTS.DetachedProof(parsing: file(65_537)) }
    }

    @Test func `what the writer is given beyond a limit is not read back, so it never replaces a good proof`() throws {
        let deep = OTS.Tree(through: [OTS.Operation](repeating: .sha256, count: 256), to: OTS.Tree(attestations: [.bitcoin(height: 1)]))
        for tree in [
            deep, OTS.Tree(through: [.append([UInt8](repeating: 1, count: 4065))], to: OTS.Tree(attestations: [.bitcoin(height: 1)])),
        ] {
            #expect(throws: OTS.Fault.self) {
                try OTS.DetachedProof(parsing: OTS.DetachedProof(sha256: Self.digest.bytes, tree: tree).file)
            }
        }
    }

    @Test func `of mutated proofs, ours and the reference implementation accept the same, and read the same`() throws {
        var generator = SeededGenerator(seed: 9_000)
        let seeds =
            [OpenTimestampsTests.rich.file] + Self.limits.prefix(3).map { Self.file($0.1) } + [Self.file(Self.pending("https://a.b"))]
        var proofs: [[UInt8]] = []
        for number in 0..<1_000 { proofs.append(generator.mutated(seeds[number % 8 < 4 ? 0 : number % seeds.count])) }
        let verdicts = try judged(proofs)
        #expect(verdicts.count == proofs.count)
        var accepted = 0
        var differing: [String] = []
        for (proof, verdict) in zip(proofs, verdicts) {
            let ours = try ours(proof)
            accepted += ours == verdict && verdict != "refused" ? 1 : 0
            // Operations that no calendar emits, which ours refuses.
            if ours != verdict, verdict != "other" || ours != "refused" {
                let why = Result { try OTS.DetachedProof(parsing: proof) }
                differing.append("\(Hex.encode(proof).dropFirst(62)): ours \(ours.prefix(20)) \(why) judge \(verdict.prefix(20))")
            }
        }
        #expect(accepted > 50)
        #expect(differing == [])
    }
}
