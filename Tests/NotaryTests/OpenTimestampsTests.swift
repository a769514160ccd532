import Council
import Foundation
import Notary
import TestSupport
import Testing

/// The proof format, judged by the reference implementation (`opentimestamps` for Python).
struct OpenTimestampsTests {
    typealias OTS = OpenTimestamps

    private static let digest = Sample.hash("body")

    /// A proof of every operation and attestation that we write.
    static let rich: OTS.DetachedProof = {
        let nonce: [OTS.Operation] = [.append([UInt8](repeating: 7, count: 16)), .sha256]
        let end = OTS.Tree(attestations: [.pending(uri: "https://alice.btc.calendar.opentimestamps.org"), .bitcoin(height: 428_648)])
        var tree = OTS.Tree(through: nonce, to: end)
        tree.merge(OTS.Tree(through: nonce + [.prepend([1, 2, 3]), .sha256], to: OTS.Tree(attestations: [.litecoin(height: 300)])))
        tree.merge(
            OTS.Tree(through: [.reverse, .hexlify, .sha1], to: OTS.Tree(attestations: [.bitcoin(height: 1), .bitcoin(height: 200)])))
        tree.merge(OTS.Tree(attestations: [.unknown(tag: [1, 2, 3, 4, 5, 6, 7, 8], payload: [9, 9])]))
        return OTS.DetachedProof(sha256: digest.bytes, tree: tree)
    }()

    @Test func `what is written is read back the same`() throws {
        let file = Self.rich.file
        let read = try OTS.DetachedProof(parsing: file)
        #expect(read == Self.rich)
        #expect(read.file == file)
        #expect(try read.isComplete() == true)
    }

    @Test func `the reference implementation reads our proof, and writes the same bytes`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.rich.file, to: "rich.ots")
        let result = try Tool.judge("ots_roundtrip.py", [file.path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == Self.rich.file)
        let info = try Tool.run(ots, ["info", file.path])
        #expect(info.status == 0, "\(info.errors)")
        #expect(info.text.contains("File sha256 hash: \(Self.digest.hex)"))
        #expect(info.text.contains("verify BitcoinBlockHeaderAttestation(428648)"))
    }

    @Test func `we read what the reference implementation makes, and evaluate it alike`() throws {
        let result = try Tool.judge("ots_generate.py", ["4105", "60"])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 60)
        for line in lines {
            let parts = line.split(separator: " ").map(String.init)
            let file = try #require(Hex.decode(parts[0]))
            let proof = try OTS.DetachedProof(parsing: file)
            #expect(proof.file == file)
            let ours = try proof.attested().map { Hex.encode($0.message) }.sorted()
            #expect(ours == parts.dropFirst().sorted())
        }
    }

    @Test func `merging keeps all that both knew and refuses another file's proof`() throws {
        var merged = Self.rich
        var other = OTS.DetachedProof(
            sha256: Self.digest.bytes, tree: OTS.Tree(through: [.append([9])], to: OTS.Tree(attestations: [.bitcoin(height: 5)])))
        try merged.merge(other)
        #expect(try Set(merged.attested()) == Set(try Self.rich.attested() + other.attested()))
        let again = merged
        try merged.merge(other)
        #expect(merged == again)
        other = OTS.DetachedProof(sha256: Sample.hash("other").bytes, tree: other.tree)
        #expect(throws: OTS.Fault.otherMessage) { try merged.merge(other) }
    }

    @Test func `limits hold: depth, message, payload, file, answer`() throws {
        func file(_ tree: [UInt8]) -> [UInt8] { Array(Self.rich.file.prefix(31 + 1 + 1 + 32)) + tree }
        let end: [UInt8] = [0x00, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 0x01, 0x05]
        #expect(try OTS.DetachedProof(parsing: file([UInt8](repeating: 0x08, count: 255) + end)).isComplete())
        #expect(throws: OTS.Fault.tooDeep) { try OTS.DetachedProof(parsing: file([UInt8](repeating: 0x08, count: 256) + end)) }
        #expect(throws: OTS.Fault.self) { try OTS.DetachedProof(parsing: file([UInt8](repeating: 0xf3, count: 8) + end)) }
        #expect(throws: OTS.Fault.tooLong(65_537)) { try OTS.DetachedProof(parsing: [UInt8](repeating: 0, count: 65_537)) }
        #expect(throws: OTS.Fault.tooLong(10_001)) { try OTS.Tree(parsing: [UInt8](repeating: 0, count: 10_001), of: [1]) }
        #expect(throws: OTS.Fault.trailingBytes(1)) { try OTS.DetachedProof(parsing: file(end + [0])) }
        #expect(throws: OTS.Fault.truncated) { try OTS.DetachedProof(parsing: file(end.dropLast())) }
        #expect(throws: OTS.Fault.unsupportedOperation(0x67)) { try OTS.DetachedProof(parsing: file([0x67] + end)) }
        #expect(throws: OTS.Fault.notAProof) { try OTS.DetachedProof(parsing: Array("not a proof at all, but long enough".utf8)) }
        // A varint that runs over 64 bits, an empty append, an attestation with a byte too many.
        #expect(throws: OTS.Fault.self) { try OTS.DetachedProof(parsing: file([0xf0] + [UInt8](repeating: 0xff, count: 12))) }
        #expect(throws: OTS.Fault.self) { try OTS.DetachedProof(parsing: file([0xf0, 0x00] + end)) }
        var long = end
        long[9] = 2
        #expect(throws: OTS.Fault.badAttestation) { try OTS.DetachedProof(parsing: file(long + [0])) }
    }

    @Test func `a pending address with a character that could mislead is refused`() throws {
        for uri in ["https://a.example/?x=1", "https://user@a.example", "https://a.example/%41", "https://[::1]/", ""] {
            let proof = OTS.DetachedProof(sha256: Self.digest.bytes, tree: OTS.Tree(attestations: [.pending(uri: uri)]))
            #expect(throws: OTS.Fault.badAddress) { try OTS.DetachedProof(parsing: proof.file) }
        }
    }

    @Test func `no mutation crashes or hangs the reader, and what it accepts it writes back the same`() throws {
        var generator = SeededGenerator(seed: 428_648)
        var accepted = 0
        for _ in 0..<50_000 {
            guard let read = try? OTS.DetachedProof(parsing: generator.mutated(Self.rich.file)) else { continue }
            accepted += 1
            #expect(try OTS.DetachedProof(parsing: read.file) == read)
            _ = try read.attested()
        }
        #expect(accepted > 100)
    }

    @Test func `the costliest proof that fits the limits is read at once`() throws {
        // One branch to a message of 4,096 bytes, then as many hashes of it as fit.
        let head = Array(Self.rich.file.prefix(31 + 1 + 1 + 32))
        let grow: [UInt8] = [0xf0, 0xe0, 0x1f] + [UInt8](repeating: 1, count: 4064)
        let branch: [UInt8] = [0xff, 0xf2, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0x00]
        let branches = [[UInt8]](repeating: branch, count: 5000).flatMap { $0 }
        let start = ContinuousClock.now
        let proof = try OTS.DetachedProof(parsing: head + grow + branches + branch.dropFirst())
        #expect(try proof.attested().count == 1)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    private var ots: String { URL(fileURLWithPath: Tool.python).deletingLastPathComponent().appendingPathComponent("ots").path }
}
