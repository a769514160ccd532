import COpenSSL
import Foundation
import OpenSSL

/// A private key that signs messages.
///
/// `@unchecked`: an `EVP_PKEY` is only read once it is made, and OpenSSL lets several threads use one, each in a context of
/// its own (openssl-threads(7)); nothing here changes it after `init`.
package final class SigningKey: @unchecked Sendable {
    package enum Kind: Hashable, Sendable {
        case rsa(bits: Int)
        case ed25519
        case elliptic
        case other(String)
    }

    package let kind: Kind
    let pointer: OpaquePointer

    /// `pem`: PKCS#8, encrypted or not, or the older form of its kind (PKCS#1).
    package convenience init(pem: [UInt8], passphrase: String? = nil) throws(SigningFault) {
        ERR_clear_error()
        let bio = try SigningFault.mapping { () throws(OpenSSLError) in try OpenSSLMemory.reading(pem) }
        let read =
            if let passphrase {
                passphrase.withCString { copenssl_read_private_key(bio.pointer, $0) }
            } else {
                copenssl_read_private_key(bio.pointer, nil)
            }
        guard let read else {
            let fault = SigningFault.drained(doing: "reading a private key")
            // A wrong passphrase shows only as a decryption that fails.
            let isEncrypted = String(decoding: pem, as: UTF8.self).contains("ENCRYPTED")
            throw fault == .locked || isEncrypted ? .locked : .noKey
        }
        self.init(owning: read)
    }

    /// A new one: from OpenSSL's own generator.
    package static func generated(_ kind: Kind) throws(SigningFault) -> SigningKey {
        let made: OpaquePointer? =
            switch kind {
            case .rsa(let bits): copenssl_generate_rsa(UInt32(clamping: bits))
            case .ed25519: copenssl_generate_ed25519()
            case .elliptic: copenssl_generate_p256()
            case .other(let name): throw .unsuitable(name)
            }
        guard let made else { throw .drained(doing: "making a key") }
        return SigningKey(owning: made)
    }

    private init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        kind =
            switch EVP_PKEY_get_base_id(pointer) {
            case EVP_PKEY_RSA: .rsa(bits: Int(EVP_PKEY_get_bits(pointer)))
            case EVP_PKEY_ED25519: .ed25519
            case EVP_PKEY_EC: .elliptic
            default: .other(EVP_PKEY_get0_type_name(pointer).map { String(cString: $0) } ?? "?")
            }
    }

    deinit { EVP_PKEY_free(pointer) }

    /// RSA: PKCS#1 v1.5 over SHA-256 (RFC 8017 §8.2). Ed25519: pure, over the bytes themselves (RFC 8032).
    func signature(of bytes: [UInt8]) throws(SigningFault) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .drained(doing: "signing") }
        defer { EVP_MD_CTX_free(context) }
        let digest = kind == .ed25519 ? nil : EVP_sha256()
        var length = Int(EVP_PKEY_get_size(pointer))
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSignInit(context, nil, digest, nil, pointer) == 1,
            EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
        else { throw .drained(doing: "signing") }
        return Array(signature.prefix(length))
    }

    /// As DNS has it (`p=`): SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), the 32 bytes for Ed25519 (RFC 8463 §4.2).
    func publicKey() throws(SigningFault) -> [UInt8] {
        if kind == .ed25519 {
            var length = 32
            var bytes = [UInt8](repeating: 0, count: length)
            guard EVP_PKEY_get_raw_public_key(pointer, &bytes, &length) == 1 else { throw .drained(doing: "reading a public key") }
            return bytes
        }
        return try SigningFault.mapping { () throws(OpenSSLError) in
            try OpenSSLMemory.der(doing: "encoding a public key") { i2d_PUBKEY(pointer, $0) }
        }
    }

    /// PKCS#8, not encrypted.
    package func pem() throws(SigningFault) -> [UInt8] {
        let bio = try SigningFault.mapping { () throws(OpenSSLError) in try OpenSSLMemory.empty() }
        guard copenssl_write_private_key(bio.pointer, pointer) == 1 else { throw .drained(doing: "writing a private key") }
        return OpenSSLMemory.contents(of: bio)
    }
}
