/// One file of an archive.
package struct ArchiveEntry: Hashable, Sendable {
    /// ASCII letters, digits, `.`, `_`, `-`, and `/` between parts.
    package let name: String
    package let bytes: [UInt8]

    package init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// The archive format of proofs: the plainest form of ZIP (APPNOTE 6.3), files stored as they are, one after the other, each
/// dated 1980-01-01. Equal entries give equal bytes; any unzip reads it. Proofs are small, mostly hashes: packing them
/// would win nothing and would cost the reader a decompressor to fear.
package enum Zip {
    /// Longest archive, in bytes.
    package static let longest = 256 << 20
    /// Most files in one.
    package static let mostEntries = 65_000

    static let localMagic: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
    static let centralMagic: [UInt8] = [0x50, 0x4b, 0x01, 0x02]
    static let endMagic: [UInt8] = [0x50, 0x4b, 0x05, 0x06]
    /// Version needed 1.0.
    static let version: UInt16 = 10
    /// 1980-01-01 in MS-DOS's form.
    static let date: UInt16 = 0x0021

    /// Names must be acceptable, all different; sizes within the limits.
    package static func archive(_ entries: [ArchiveEntry]) throws(ZipFault) -> [UInt8] {
        guard entries.count <= mostEntries else { throw .tooManyFiles(entries.count) }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        var names = Set<String>()
        for entry in entries {
            guard isAcceptable(entry.name) else { throw .badName(entry.name) }
            guard names.insert(entry.name.lowercased()).inserted else { throw .duplicate(entry.name) }
            guard bytes.count + entry.bytes.count <= longest else { throw .tooLong(bytes.count + entry.bytes.count) }
            let common = header(of: entry)
            let offset = UInt32(bytes.count)
            bytes += localMagic + common + Array(entry.name.utf8) + entry.bytes
            directory += centralMagic + little(version) + common
            // Comment length, disk, internal and external attributes, then where the file is.
            directory += little(0 as UInt16) + little(0 as UInt16) + little(0 as UInt16) + little(0 as UInt32) + little(offset)
            directory += Array(entry.name.utf8)
        }
        let start = UInt32(bytes.count)
        let count = little(UInt16(entries.count))
        bytes += directory + endMagic + little(0 as UInt16) + little(0 as UInt16) + count + count
        bytes += little(UInt32(directory.count)) + little(start) + little(0 as UInt16)
        guard bytes.count <= longest else { throw .tooLong(bytes.count) }
        return bytes
    }

    /// What the local header and the directory say alike: from the version needed to the length of extra fields.
    static func header(of entry: ArchiveEntry) -> [UInt8] {
        let size = little(UInt32(entry.bytes.count))
        return little(version) + little(0 as UInt16) + little(0 as UInt16) + little(0 as UInt16) + little(date)
            + little(CRC32.checksum(entry.bytes)) + size + size + little(UInt16(entry.name.utf8.count)) + little(0 as UInt16)
    }

    /// Relative, inside, and the same on every system.
    static func isAcceptable(_ name: String) -> Bool {
        guard (1...200).contains(name.utf8.count) else { return false }
        let plain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d...0x2f, 0x5f: true
            default: false
            }
        }
        return plain && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
    }

    static func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

package enum ZipFault: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(Int)
    case tooManyFiles(Int)
    /// Absolute, climbing, or with characters that are not allowed.
    case badName(String)
    case duplicate(String)
    /// Packed or encrypted: proofs are stored plainly.
    case compressed(String)
    /// The bytes are not those of such an archive; what differs, and where.
    case damaged(String)

    package var description: String {
        switch self {
        case .tooLong(let count): "the archive has \(count) bytes; at most \(Zip.longest) are read"
        case .tooManyFiles(let count): "the archive has \(count) files; at most \(Zip.mostEntries) are read"
        case .badName(let name): "the archive names a file “\(name)”, which is not allowed"
        case .duplicate(let name): "the archive has “\(name)” twice"
        case .compressed(let name): "“\(name)” is compressed or encrypted: proofs are stored plainly (zip -0 -X)"
        case .damaged(let words): "not a proof's archive, or damaged: \(words)"
        }
    }
}

/// CRC-32 as ZIP wants it (reflected, polynomial 0xEDB88320). It finds accidents; what proves anything is the hashes.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        for byte in bytes { value = value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
        return value ^ 0xffff_ffff
    }
}
