import Crypto

/// RFC 9162 §2.1: the hashes of leaves and nodes, SHA-256. All hashes here are 32 bytes.
package enum Merkle {
    package static let hashSize = 32

    /// SHA-256(""): the root of a tree without leaves.
    package static let emptyRoot = [UInt8](SHA256().finalize())

    /// SHA-256(0x00 ‖ entry).
    package static func leafHash(_ entry: [UInt8]) -> [UInt8] {
        entry.withUnsafeBytes { leafHash($0) }
    }

    static func leafHash(_ entry: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hasher.update(bufferPointer: $0) }
        hasher.update(bufferPointer: entry)
        return hasher.finalize().withUnsafeBytes { [UInt8]($0) }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    package static func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(1)) { hasher.update(bufferPointer: $0) }
        left.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        right.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        // Copied as one piece: an element at a time costs as much as the hashing, where nothing is optimised.
        return hasher.finalize().withUnsafeBytes { [UInt8]($0) }
    }

    /// The same, for two hashes that lie end to end.
    static func pairHash(_ pair: UnsafeRawBufferPointer) -> SHA256.Digest {
        var hasher = SHA256()
        withUnsafeBytes(of: UInt8(1)) { hasher.update(bufferPointer: $0) }
        hasher.update(bufferPointer: pair)
        return hasher.finalize()
    }
}
