import COpenSSL
package import Foundation
import OpenSSL

/// One X.509 certificate, with what is read of it. Nothing is believed here.
package struct Certificate: Hashable, Sendable {
    let der: [UInt8]
    /// On one line.
    package let subject: String
    package let notAfter: Date
    /// Its issuer has its own name: a root, if its signature is its own as well.
    let isSelfIssued: Bool
    /// Where its revocation list is to be had, over HTTP.
    let revocationAddresses: [String]

    init(der: [UInt8]) throws(OpenSSLError) {
        let read = try CertificateAuthorities.certificate(der)
        self.der = der
        subject = try Self.name(X509_get_subject_name(read.pointer))
        notAfter = try ASN1Time.date(X509_get0_notAfter(read.pointer), doing: "reading a certificate's end")
        isSelfIssued = X509_NAME_cmp(X509_get_subject_name(read.pointer), X509_get_issuer_name(read.pointer)) == 0
        let bio = try OpenSSLMemory.empty()
        try OpenSSLError.check(copenssl_crl_addresses(read.pointer, bio.pointer), doing: "reading a certificate's distribution points")
        revocationAddresses = String(decoding: OpenSSLMemory.contents(of: bio), as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.lowercased().hasPrefix("http://") || $0.lowercased().hasPrefix("https://") }
    }

    /// Its signature is that of `issuer`'s key.
    func isSigned(by issuer: Certificate) throws(OpenSSLError) -> Bool {
        let own = try CertificateAuthorities.certificate(der)
        let other = try CertificateAuthorities.certificate(issuer.der)
        guard X509_NAME_cmp(X509_get_issuer_name(own.pointer), X509_get_subject_name(other.pointer)) == 0 else { return false }
        var signature: UnsafePointer<ASN1_BIT_STRING>?
        X509_get0_signature(&signature, nil, own.pointer)
        let holds = X509_verify(own.pointer, X509_get0_pubkey(other.pointer)) == 1
        ERR_clear_error()
        return holds && copenssl_signature_is_plain(signature) == 1
    }

    static func name(_ name: OpaquePointer?) throws(OpenSSLError) -> String {
        let doing = "reading a name"
        guard let name else { throw OpenSSLError.drained(doing: doing) }
        let bio = try OpenSSLMemory.empty()
        guard copenssl_print_name(bio.pointer, name) >= 0 else { throw OpenSSLError.drained(doing: doing) }
        return String(decoding: OpenSSLMemory.contents(of: bio), as: UTF8.self)
    }
}
