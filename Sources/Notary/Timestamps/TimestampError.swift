import COpenSSL
import OpenSSL

/// Why an authority's answer is no timestamp of ours. Each carries words for a log and for the clerk's computer people.
package enum TimestampError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a DER `TimeStampResp` (RFC 3161 §2.4.2), or more than one.
    case unreadable(String)
    /// The authority said no: its status and text.
    case refused(String)
    /// The token answers another request than ours.
    case nonceDiffers
    /// The token is over other bytes.
    case imprintDiffers
    /// The token was given under another policy than the one configured.
    case policyDiffers
    /// The signature doesn't hold over the token.
    case badSignature(String)
    /// The signer's certificate doesn't chain to a trusted authority at the token's time, or may not sign timestamps.
    case untrusted(String)
    /// OpenSSL failed for a reason of its own.
    case fault(String)

    package var description: String {
        switch self {
        case .unreadable(let words): "not a timestamp response: \(words)"
        case .refused(let words): "the authority refused: \(words)"
        case .nonceDiffers: "the token's nonce is not the request's"
        case .imprintDiffers: "the token is over other bytes"
        case .policyDiffers: "the token's policy is not the one asked for"
        case .badSignature(let words): "the token's signature is wrong: \(words)"
        case .untrusted(let words): "the authority's certificate is not trusted: \(words)"
        case .fault(let words): words
        }
    }

    /// What a failed `TS_RESP_verify_response` means, by OpenSSL's reason codes.
    init(verification error: OpenSSLError) {
        let words = error.reasons.joined(separator: "; ")
        func has(_ reasons: Int32...) -> Bool { error.timestampReasons.contains { reasons.contains($0) } }
        if has(TS_R_NO_TIME_STAMP_TOKEN) {
            self = .refused(words)
        } else if has(TS_R_CERTIFICATE_VERIFY_ERROR, TS_R_ESS_SIGNING_CERTIFICATE_ERROR, TS_R_TSA_UNTRUSTED, TS_R_TSA_NAME_MISMATCH) {
            self = .untrusted(words)
        } else if has(TS_R_NONCE_MISMATCH, TS_R_NONCE_NOT_RETURNED) {
            self = .nonceDiffers
        } else if has(TS_R_MESSAGE_IMPRINT_MISMATCH) {
            self = .imprintDiffers
        } else if has(TS_R_POLICY_MISMATCH) {
            self = .policyDiffers
        } else {
            self = .badSignature(words)
        }
    }
}
