import Council
import Crypto
package import Foundation

/// The 80 bytes that name a block: version, previous block, merkle root, time, target, nonce.
package struct BlockHeader: Hashable, Sendable {
    package static let length = 80
    package let bytes: [UInt8]

    /// Nil: not 80 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    /// In the order of the bytes; explorers write it reversed.
    package var merkleRoot: [UInt8] { Array(bytes[36..<68]) }

    /// As its miner wrote it. The network takes it when it is at most two hours ahead of its own time and later than the median
    /// of the eleven blocks before.
    package var time: Date {
        Date(timeIntervalSince1970: TimeInterval((0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[68 + $1]) << (8 * UInt32($1)) }))
    }

    /// The block's hash, as explorers write it.
    package var id: String { Hex.encode(DoubleSHA256.hash(bytes).reversed()) }
}

/// What Bitcoin hashes with.
enum DoubleSHA256 {
    static func hash(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: Array(SHA256.hash(data: bytes)))) }
}

/// A block's transactions as the tree whose root its header holds.
enum BlockTree {
    /// The steps from the transaction at `index` to the root. `ids` in the order of the bytes; `index` must be one of them.
    static func steps(from index: Int, among ids: [[UInt8]]) -> [OpenTimestamps.Operation] {
        var steps: [OpenTimestamps.Operation] = []
        var row = ids
        var place = index
        while row.count > 1 {
            // The last one of an odd row is its own neighbour.
            if !row.count.isMultiple(of: 2) { row.append(row[row.count - 1]) }
            let neighbour = row[place ^ 1]
            steps += [place.isMultiple(of: 2) ? .append(neighbour) : .prepend(neighbour), .sha256, .sha256]
            row = stride(from: 0, to: row.count, by: 2).map { DoubleSHA256.hash(row[$0] + row[$0 + 1]) }
            place /= 2
        }
        return steps
    }
}
