/// The content of an entries tile (c2sp.org/tlog-tiles): for each leaf, its length as a 16-bit big-endian number, then its bytes.
package enum EntryBundle {
    /// What 16 bits can say.
    package static let maximumEntry = 65_535

    /// Bytes of one entry in a bundle. Throws `entryTooLong`.
    package static func encode(_ entry: [UInt8]) throws(EntryBundleError) -> [UInt8] {
        guard entry.count <= maximumEntry else { throw .entryTooLong(entry.count) }
        return [UInt8(entry.count >> 8), UInt8(entry.count & 255)] + entry
    }

    /// Exactly `count` entries, and nothing after them.
    package static func decode(_ bytes: [UInt8], count: Int) throws(EntryBundleError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        entries.reserveCapacity(count)
        var position = 0
        while position < bytes.count {
            guard position + 2 <= bytes.count else { throw .truncated(entry: entries.count) }
            let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            position += 2
            guard position + length <= bytes.count else { throw .truncated(entry: entries.count) }
            entries.append(Array(bytes[position..<(position + length)]))
            position += length
        }
        guard entries.count == count else { throw .wrongCount(expected: count, found: entries.count) }
        return entries
    }
}

package enum EntryBundleError: Error, Hashable, Sendable {
    case entryTooLong(Int)
    case truncated(entry: Int)
    case wrongCount(expected: Int, found: Int)
}
