package import Council

extension DocumentStore {
    /// A document's bytes, all of them in memory, which are those that its name says or none: `missing`, `damaged`.
    package func bytes(of hash: ContentHash) throws(DocumentStoreError) -> [UInt8] {
        guard let size = try size(of: hash) else { throw .missing(hash) }
        let input = try Descriptor.openRegular(url(of: hash))
        var bytes = [UInt8](repeating: 0, count: Int(size) + 1)
        var filled = 0
        while filled < bytes.count {
            let count = try bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(DocumentStoreError) in try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])) }
            }.get()
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(bytes.count - filled)
        guard ContentHash(sha256Of: bytes) == hash else { throw .damaged(hash) }
        return bytes
    }
}
