import COpenSSL
import OpenSSL

/// Why a key or a certificate can't sign our messages.
package enum SigningFault: Error, Hashable, Sendable {
    /// No private key in PEM (PKCS#8 or PKCS#1).
    case noKey
    /// The key is encrypted, and there is no passphrase or another one.
    case locked
    /// An RSA key of fewer bits than 2,048 (RFC 8301 §3.2).
    case tooSmall(bits: Int)
    /// A kind of key that doesn't serve here: what OpenSSL calls it.
    case unsuitable(String)
    /// No certificate in PEM.
    case noCertificate
    /// The first certificate is not the one of the key.
    case anotherKey
    /// The certificate says that it doesn't sign mail.
    case notForMail
    /// OpenSSL refused: what was being done, and its reason.
    case refused(doing: String, reason: String)

    /// What OpenSSL's error queue of this thread holds, drained: an entry left behind would be taken for the next one's reason.
    static func drained(doing: String) -> SigningFault {
        var reason = ""
        while case let code = ERR_get_error(), code != 0 {
            if copenssl_is_bad_passphrase(code) != 0 { reason = "locked" }
            if reason.isEmpty { reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)" }
        }
        return reason == "locked" ? .locked : .refused(doing: doing, reason: reason)
    }

    /// What OpenSSL's own objects throw, as a fault of signing.
    static func mapping<Value: ~Copyable>(_ work: () throws(OpenSSLError) -> Value) throws(SigningFault) -> Value {
        do throws(OpenSSLError) {
            return try work()
        } catch {
            throw .refused(doing: error.doing, reason: error.reasons.first ?? "")
        }
    }
}
