import Council
import Foundation

/// `block-<height>.header`: the header of a block that an OpenTimestamps proof leads to, kept beside the proof. Two lines:
///
///     # regtest 3f0a…  (the network, `unknown` where it isn't; the block's hash as explorers write it)
///     102:00000020…    (its height; the header, 160 hexadecimal digits)
///
/// `verify --block-headers` reads it as it is. There is one text for a header, so that any altered byte is noticed.
///
/// It shows that the block's merkle root is what the proof leads to, and that somebody did the work that the header names. That
/// the block is in the chain it doesn't show: headers before and after would be needed, which a node has.
package struct KeptHeader: Hashable, Sendable {
    package let height: UInt64
    package let header: BlockHeader
    /// Where it was got from; nil: the source didn't say.
    package let network: ChainNetwork?

    package init(height: UInt64, header: BlockHeader, network: ChainNetwork?) {
        self.height = height
        self.header = header
        self.network = network
    }

    package static func file(_ height: UInt64) -> String { "block-\(height).header" }

    /// Nil: another file's name.
    package static func height(ofFile name: String) -> UInt64? {
        guard name.hasPrefix("block-"), name.hasSuffix(".header") else { return nil }
        return UInt64(name.dropFirst(6).dropLast(7)).flatMap { file($0) == name ? $0 : nil }
    }

    package var bytes: [UInt8] {
        Array("# \(network?.rawValue ?? "unknown") \(header.id)\n\(height):\(Hex.encode(header.bytes))\n".utf8)
    }

    /// Nil: not exactly what `bytes` writes for that height.
    package init?(parsing bytes: [UInt8], height: UInt64) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard bytes.count < 400, lines.count == 2, let hex = lines[1].split(separator: ":").last, let found = Hex.decode(hex),
            let header = BlockHeader(found)
        else { return nil }
        let word = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
        self.init(height: height, header: header, network: ChainNetwork(rawValue: word))
        guard self.bytes == bytes else { return nil }
    }

    /// What is wrong with it beside a proof that attests this; nil: nothing.
    func fault(beside attested: [OpenTimestamps.Attested]) -> Fault? {
        let messages = attested.filter { $0.attestation == .bitcoin(height: height) }.map(\.message)
        if messages.isEmpty { return .unattested }
        if !messages.contains(header.merkleRoot) { return .otherRoot }
        if !header.hasWork { return .noWork }
        return network == .bitcoin && header.workBits < ChainNetwork.bitcoinLeastWorkBits ? .tooEasy : nil
    }

    enum Fault: String, Error {
        case unattested = "the proof doesn't lead to a block of that height"
        case otherRoot = "its merkle root is not the one that the proof leads to"
        case noWork = "its hash is above the target that it names: no proof of work"
        case tooEasy = "its target is easier than any of Bitcoin's main network"
        /// Of the file.
        case malformed = "it is not a block's header in its one form"

        var words: Bilingual { Bilingual(DetailWords.french(rawValue), rawValue) }
    }
}
