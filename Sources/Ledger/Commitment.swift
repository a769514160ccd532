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
        return [UInt8](HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key)))
    }

    /// Whether key and content open the commitment; compared in constant time.
    package static func opens(_ commitment: [UInt8], content: [UInt8], key: [UInt8]) -> Bool {
        key.count == keySize
            && HMAC<SHA256>.isValidAuthenticationCode(commitment, authenticating: content, using: SymmetricKey(data: key))
    }
}
