import Crypto

/// Hides what it binds: HMAC-SHA-256 of the content under a fresh key of 32 bytes. Who lacks the key can't even test a guess;
/// who deletes the key erases the content from the ledger for good. With key and content, `openssl dgst -sha256 -mac HMAC`
/// recomputes it.
package enum Commitment {
    package static let keySize = 32

    /// 32 bytes. The key must be 32 random bytes, used for this leaf alone; another size is a mistake in the caller's code,
    /// which would publish a commitment that doesn't hide: it stops the process before that.
    package static func make(content: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count == keySize, "a commitment's key has 32 bytes")
        // RFC 2104, spelt out over the library's SHA-256: its own HMAC takes three times as long, in every entry's transaction. `opens` is
        // the library's, so that each is checked by the other.
        var (inner, outer) = (SHA256(), SHA256())
        withUnsafeTemporaryAllocation(byteCount: SHA256.blockByteCount, alignment: 1) { block in
            defer { block.initializeMemory(as: UInt8.self, repeating: 0) }
            block.initializeMemory(as: UInt8.self, repeating: 0x36)
            for (place, byte) in key.enumerated() { block[place] ^= byte }
            inner.update(bufferPointer: UnsafeRawBufferPointer(block))
            for place in block.indices { block[place] ^= 0x36 ^ 0x5C }
            outer.update(bufferPointer: UnsafeRawBufferPointer(block))
        }
        content.withUnsafeBytes { inner.update(bufferPointer: $0) }
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize().withUnsafeBytes { [UInt8]($0) }
    }

    /// Whether key and content open the commitment; compared in constant time.
    package static func opens(_ commitment: [UInt8], content: [UInt8], key: [UInt8]) -> Bool {
        key.count == keySize
            && HMAC<SHA256>.isValidAuthenticationCode(commitment, authenticating: content, using: SymmetricKey(data: key))
    }
}
