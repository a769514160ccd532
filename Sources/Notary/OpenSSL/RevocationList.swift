import COpenSSL
package import Foundation
import OpenSSL

/// A certificate that its issuer took back.
package struct Revocation: Hashable, Sendable {
    /// Whose certificate.
    package let subject: String
    package let at: Date
    /// RFC 5280 §5.3.1; nil: none is given.
    package let reason: Int?

    /// Whether a token of that time is worth nothing. RFC 3161 §4: a signer's certificate that ends for a harmless reason that is
    /// given (unspecified, another affiliation, superseded, out of use) takes back what comes after; without a reason, or with
    /// another one, its key may have been another's all along.
    func voids(_ time: Date) -> Bool {
        guard let reason, [0, 3, 4, 5].contains(reason) else { return true }
        return at <= time
    }
}

/// One list of revoked certificates (RFC 5280 §5).
struct RevocationList: Hashable, Sendable {
    let der: [UInt8]
    let thisUpdate: Date
    /// Nil: it doesn't say.
    let nextUpdate: Date?

    /// No list is longer; a timestamp authority's has some kilobytes.
    static let longest = 1 << 20

    init(der: [UInt8]) throws(OpenSSLError) {
        let read = try Self.object(der)
        self.der = der
        thisUpdate = try ASN1Time.date(X509_CRL_get0_lastUpdate(read.pointer), doing: "reading a revocation list's date")
        nextUpdate = try X509_CRL_get0_nextUpdate(read.pointer).map { time throws(OpenSSLError) in
            try ASN1Time.date(time, doing: "reading a revocation list's end")
        }
    }

    /// It is `issuer`'s, and tells all about certificates like `certificate`.
    func isAbout(_ certificate: Certificate, of issuer: Certificate) throws(OpenSSLError) -> Bool {
        let own = try Self.object(der)
        let other = try CertificateAuthorities.certificate(issuer.der)
        let subject = try CertificateAuthorities.certificate(certificate.der)
        guard X509_NAME_cmp(X509_CRL_get_issuer(own.pointer), X509_get_subject_name(other.pointer)) == 0,
            X509_NAME_cmp(X509_get_issuer_name(subject.pointer), X509_get_subject_name(other.pointer)) == 0
        else { return false }
        var signature: UnsafePointer<ASN1_BIT_STRING>?
        X509_CRL_get0_signature(own.pointer, &signature, nil)
        let holds = X509_CRL_verify(own.pointer, X509_get0_pubkey(other.pointer)) == 1
        let isWhole = copenssl_crl_is_whole(own.pointer, X509_check_ca(subject.pointer) > 0 ? 1 : 0) == 1
        ERR_clear_error()
        return holds && isWhole && copenssl_signature_is_plain(signature) == 1
    }

    /// What it says of a certificate at or after this instant; a list that had ended before says nothing.
    func covers(_ time: Date) -> Bool { nextUpdate.map { $0 >= time } ?? (thisUpdate >= time) }

    func revocation(of certificate: Certificate) throws(OpenSSLError) -> Revocation? {
        let own = try Self.object(der)
        let subject = try CertificateAuthorities.certificate(certificate.der)
        var found: OpaquePointer?
        guard X509_CRL_get0_by_cert(own.pointer, &found, subject.pointer) == 1, let found else { return nil }
        let at = try ASN1Time.date(X509_REVOKED_get0_revocationDate(found), doing: "reading a revocation's date")
        let reason = copenssl_revocation_reason(found)
        ERR_clear_error()
        return Revocation(subject: certificate.subject, at: at, reason: reason < 0 ? nil : reason)
    }

    private static func object(_ der: [UInt8]) throws(OpenSSLError) -> Owned<OpaquePointer> {
        var used = 0
        let read = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            let read = d2i_X509_CRL(nil, &cursor, buffer.count)
            if read != nil, let start = buffer.baseAddress, let cursor { used = cursor - start }
            return read
        }
        let object = try Owned(read, freedBy: { X509_CRL_free($0) }, doing: "reading a revocation list")
        guard used == der.count else {
            throw OpenSSLError(doing: "reading a revocation list", reasons: ["bytes follow it"], timestampReasons: [])
        }
        return object
    }
}
