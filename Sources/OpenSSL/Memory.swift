import COpenSSL

/// Bytes to and from OpenSSL's memory streams.
package enum OpenSSLMemory {
    /// A stream that reads a copy of `bytes`.
    package static func reading(_ bytes: [UInt8]) throws(OpenSSLError) -> Owned<OpaquePointer> {
        let bio = try empty()
        let written = bytes.isEmpty ? 0 : BIO_write(bio.pointer, bytes, Int32(clamping: bytes.count))
        guard Int(written) == bytes.count else { throw OpenSSLError.drained(doing: "copying \(bytes.count) bytes") }
        return bio
    }

    /// An empty stream to write to.
    package static func empty() throws(OpenSSLError) -> Owned<OpaquePointer> {
        try Owned(BIO_new(BIO_s_mem()), freedBy: { BIO_free_all($0) }, doing: "making a memory stream")
    }

    /// What a stream holds.
    package static func contents(of bio: borrowing Owned<OpaquePointer>) -> [UInt8] {
        var length = 0
        guard let start = copenssl_bio_contents(bio.pointer, &length), length > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: length))
    }

    /// DER of an object: `encode` is its `i2d_…`, which measures when given no buffer.
    package static func der(
        doing: String, _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(OpenSSLError) -> [UInt8] {
        let length = encode(nil)
        guard length > 0 else { throw OpenSSLError.drained(doing: doing) }
        var written: Int32 = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            var cursor = buffer.baseAddress
            written = encode(&cursor)
            count = max(0, Int(written))
        }
        guard written == length else { throw OpenSSLError.drained(doing: doing) }
        return bytes
    }
}
