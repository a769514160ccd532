package import Council
import Crypto

extension ContentHash {
    /// The name of these bytes.
    package init(sha256Of bytes: [UInt8]) {
        guard let hash = ContentHash(bytes: SHA256.hash(data: bytes).withUnsafeBytes { Array($0) })
        else { preconditionFailure("SHA-256 has 32 bytes") }
        self = hash
    }
}
