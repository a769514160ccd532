import Foundation
import Ledger
import TestSupport
import Testing

@Suite("A commitment")
struct CommitmentTests {
    private let content = JSON.object(["member": "Éloïse Le Goff"]).canonical
    private let key = Array(0..<32) as [UInt8]

    @Test("is what OpenSSL computes")
    func openssl() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(content, to: "content")
        let hexKey = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let result = try Tool.run("openssl", ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hexKey)", "-binary", file.path])
        #expect(result.status == 0 && result.output == Commitment.make(content: content, key: key))
    }

    @Test("opens with its own key and content alone")
    func opening() {
        let commitment = Commitment.make(content: content, key: key)
        #expect(commitment.count == 32)
        #expect(Commitment.opens(commitment, content: content, key: key))
        for index in key.indices { #expect(!Commitment.opens(commitment, content: content, key: flipped(key, index))) }
        for index in content.indices { #expect(!Commitment.opens(commitment, content: flipped(content, index), key: key)) }
        for index in commitment.indices { #expect(!Commitment.opens(flipped(commitment, index), content: content, key: key)) }
        #expect(!Commitment.opens(commitment, content: content, key: Array(key.dropLast())))
        #expect(!Commitment.opens(commitment, content: content, key: key + [0]))
        #expect(!Commitment.opens([], content: content, key: key))
    }
}
