package import Council
import Foundation
import Ledger

/// Where the verifier gets blocks' headers from: what a proof's `block` statements are checked against.
package enum BlockSource: Sendable {
    case node(NodeClient)
    /// Offline.
    case file(BlockHeaderFile)

    /// What it knows of these heights.
    package func blocks(at heights: Set<UInt64>) async throws(NodeFault) -> KnownBlocks {
        switch self {
        case .file(let file):
            return KnownBlocks(origin: .file, network: file.network, headers: file.headers.filter { heights.contains($0.key) })
        case .node(let client):
            let chain = try await client.chain()
            guard let network = chain.network else {
                throw .otherNetwork(configured: ChainNetwork.bitcoin.rawValue, found: chain.name)
            }
            var headers: [UInt64: BlockHeader] = [:]
            for height in heights.sorted() where height <= chain.height { headers[height] = try await client.header(at: height) }
            return KnownBlocks(origin: .node, network: network, headers: headers)
        }
    }
}

/// Headers by height, as the verifier got them.
package struct KnownBlocks: Hashable, Sendable {
    package enum Origin: String, Hashable, Sendable {
        case node
        case file
    }

    package let origin: Origin
    /// Nil: the source doesn't say.
    package let network: ChainNetwork?
    package let headers: [UInt64: BlockHeader]

    package init(origin: Origin, network: ChainNetwork?, headers: [UInt64: BlockHeader]) {
        self.origin = origin
        self.network = network
        self.headers = headers
    }
}

/// A text file of headers: `height:160 hexadecimal digits` a line; blank lines and those that begin with `#` are skipped.
/// Height 0, where it is given, tells the network.
package struct BlockHeaderFile: Hashable, Sendable {
    package let headers: [UInt64: BlockHeader]
    package let network: ChainNetwork?

    /// What is wrong in it, with its line.
    package struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        package let words: Bilingual
        package var description: String { words.english }

        init(_ line: Int, _ words: Bilingual) {
            self.words = Bilingual("ligne \(line) : \(words.french)", "line \(line): \(words.english)")
        }
    }

    package init(parsing text: String) throws(Mistake) {
        var headers: [UInt64: BlockHeader] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces.union(.newlines))
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let height = UInt64(parts[0]), let bytes = Hex.decode(parts[1]), let header = BlockHeader(bytes) else {
                throw Mistake(
                    index + 1,
                    Bilingual(
                        "il faut « hauteur:en-tête », l'en-tête en 160 chiffres hexadécimaux",
                        "“height:header” is expected, the header in 160 hexadecimal digits"))
            }
            if let other = headers.updateValue(header, forKey: height), other != header {
                throw Mistake(
                    index + 1,
                    Bilingual("un autre en-tête pour la hauteur \(height)", "another header for height \(height)"))
            }
        }
        self.headers = headers
        network = headers[0].flatMap { $0.id == ChainNetwork.bitcoinGenesis ? .bitcoin : nil }
    }
}
