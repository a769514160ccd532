/// Lines, an empty line, a signed note: the shape that a tlog-proof and an `add-checkpoint` request share.
enum NoteHead {
    /// The lines before the first empty one, and the note behind it; nil: there is no empty line, or the lines aren't UTF-8.
    static func split(_ bytes: [UInt8]) -> (lines: ArraySlice<Substring>, note: [UInt8])? {
        guard let end = bytes.indices.dropLast().first(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }),
            let head = String(validating: bytes[..<end], as: UTF8.self)
        else { return nil }
        return (head.split(separator: "\n", omittingEmptySubsequences: false)[...], Array(bytes[(end + 2)...]))
    }

    /// A SHA-256 hash in base64 a line; nil: one of them isn't.
    static func hashes(_ lines: ArraySlice<Substring>) -> [[UInt8]]? {
        var hashes: [[UInt8]] = []
        for line in lines {
            guard let hash = Base64.decode(line), hash.count == Merkle.hashSize else { return nil }
            hashes.append(hash)
        }
        return hashes
    }
}
