import COpenSSL
package import Council
package import Foundation
import OpenSSL

/// Signs messages with the authority's certificate (S/MIME 4.0, RFC 8551 §3.5.3): detached, SHA-256, certificates included.
///
/// `@unchecked`: certificates and key are only read once they are made; OpenSSL counts its references atomically, and each
/// signature has a structure of its own.
package final class SMIMESigner: @unchecked Sendable {
    /// The certificate's own term.
    package let begins: Date
    package let ends: Date
    /// The addresses that it names.
    package let addresses: [String]
    private let key: SigningKey
    private let certificate: OpaquePointer
    /// The chain above it, in the file's order.
    private let others: OpaquePointer

    /// `certificates`: PEM, the key's own first, then those above it.
    package init(certificates pem: [UInt8], key: SigningKey) throws(SigningFault) {
        switch key.kind {
        case .rsa(let bits): guard bits >= 2048 else { throw .tooSmall(bits: bits) }
        case .elliptic: break
        case .ed25519: throw .unsuitable("Ed25519")
        case .other(let name): throw .unsuitable(name)
        }
        ERR_clear_error()
        let bio = try SigningFault.mapping { () throws(OpenSSLError) in try OpenSSLMemory.reading(pem) }
        guard let first = PEM_read_bio_X509(bio.pointer, nil, nil, nil) else {
            ERR_clear_error()
            throw .noCertificate
        }
        certificate = first
        guard let others = copenssl_certificates_new() else {
            X509_free(first)
            throw .drained(doing: "making a list of certificates")
        }
        self.others = others
        self.key = key
        while let next = PEM_read_bio_X509(bio.pointer, nil, nil, nil) { _ = copenssl_certificates_push(others, next) }
        begins = Self.date(X509_get0_notBefore(first))
        ends = Self.date(X509_get0_notAfter(first))
        let names = try SigningFault.mapping { () throws(OpenSSLError) in try OpenSSLMemory.empty() }
        copenssl_print_addresses(names.pointer, first)
        addresses = String(decoding: OpenSSLMemory.contents(of: names), as: UTF8.self).split(separator: "\n").map(String.init)
        // The loop ends with "no start line" at the end of the text; anything else is a broken certificate.
        let last = ERR_peek_last_error()
        let isWhole = copenssl_reason(last) == PEM_R_NO_START_LINE
        ERR_clear_error()
        guard isWhole else { throw .noCertificate }
        guard X509_check_private_key(first, key.pointer) == 1 else {
            ERR_clear_error()
            throw .anotherKey
        }
        guard X509_check_purpose(first, X509_PURPOSE_SMIME_SIGN, 0) == 1 else { throw .notForMail }
    }

    deinit {
        for index in 0..<copenssl_certificates_count(others) { X509_free(copenssl_certificates_at(others, index)) }
        copenssl_certificates_free(others)
        X509_free(certificate)
    }

    /// Whether the certificate names this address: readers warn when the one in `From` is another (RFC 8550 §3).
    package func names(_ address: EmailAddress) -> Bool {
        let text = address.description
        return X509_check_email(certificate, text, text.utf8.count, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)) == 1
    }

    /// `entity` (a MIME entity, CRLF, 7-bit) as the first part of a `multipart/signed`, its signature as the second.
    func appendSigned(_ entity: [UInt8], boundary: String, at seconds: Int, to output: inout [UInt8]) throws(SigningFault) {
        let signature = try signature(of: entity, at: seconds)
        output += "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n".utf8
        output += " micalg=sha-256; boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n".utf8
        output += entity
        output += "\r\n--\(boundary)\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n".utf8
        output += "Content-Transfer-Encoding: base64\r\n".utf8
        output += "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n".utf8
        Base64.appendBody(signature, to: &output)
        output += "\r\n--\(boundary)--\r\n".utf8
    }

    private func signature(of entity: [UInt8], at seconds: Int) throws(SigningFault) -> [UInt8] {
        ERR_clear_error()
        // Read where it lies: an entity may weigh megabytes.
        let made: OpaquePointer? = entity.withUnsafeBufferPointer { content in
            guard let bio = BIO_new_mem_buf(content.baseAddress, Int32(clamping: content.count)) else { return nil }
            defer { BIO_free_all(bio) }
            return copenssl_cms_sign(certificate, key.pointer, others, bio, Int64(seconds))
        }
        guard let made else { throw .drained(doing: "signing with S/MIME") }
        defer { CMS_ContentInfo_free(made) }
        return try SigningFault.mapping { () throws(OpenSSLError) in
            try OpenSSLMemory.der(doing: "encoding a signature") { i2d_CMS_ContentInfo(made, $0) }
        }
    }

    private static func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return .distantPast }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}
