import COpenSSL
import Foundation
import Notary
import OpenSSL

/// A timestamp authority inside the process, for the demonstration only: it signs with a key that it made itself a moment
/// ago, so its tokens prove nothing to anyone. It speaks real RFC 3161, and every check of a token runs on it for real.
package actor LocalTimestampAuthority {
    /// Its root certificate, as `caFile` wants it: what a verifier must trust to accept its tokens.
    package nonisolated let authorities: [UInt8]

    private let key: Owned<OpaquePointer>
    private let certificate: Owned<OpaquePointer>

    /// Makes a root and a signing certificate, both valid from yesterday for a year: nothing needs renewing while it is looked at.
    package init() throws {
        let rootKey = try Self.generatedKey()
        let root = try Self.certificate(
            "Autorité de démonstration (sans valeur)", key: rootKey.pointer, issuer: nil, issuerKey: rootKey.pointer,
            extensions: [(NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign")])
        let key = try Self.generatedKey()
        certificate = try Self.certificate(
            "Horodatage de démonstration (sans valeur)", key: key.pointer, issuer: root.pointer, issuerKey: rootKey.pointer,
            extensions: [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "critical,timeStamping"),
            ])
        self.key = key
        authorities = try Self.pem(root)
    }

    /// Answers a query (`application/timestamp-query`) with a response (`application/timestamp-reply`); what isn't a query
    /// gets a response that refuses, as RFC 3161 wants.
    package func answer(_ query: [UInt8]) throws -> [UInt8] {
        let context = try Owned(TS_RESP_CTX_new(), freedBy: { TS_RESP_CTX_free($0) }, doing: "preparing an answer")
        let policy = try Owned(OBJ_txt2obj("1.2.3.4.1", 1), freedBy: { ASN1_OBJECT_free($0) }, doing: "naming the policy")
        try OpenSSLError.check(TS_RESP_CTX_set_signer_cert(context.pointer, certificate.pointer), doing: "setting the signer")
        try OpenSSLError.check(TS_RESP_CTX_set_signer_key(context.pointer, key.pointer), doing: "setting the key")
        try OpenSSLError.check(TS_RESP_CTX_set_def_policy(context.pointer, policy.pointer), doing: "setting the policy")
        try OpenSSLError.check(TS_RESP_CTX_set_signer_digest(context.pointer, EVP_sha256()), doing: "setting the digest")
        try OpenSSLError.check(TS_RESP_CTX_set_ess_cert_id_digest(context.pointer, EVP_sha256()), doing: "setting the digest")
        try OpenSSLError.check(TS_RESP_CTX_add_md(context.pointer, EVP_sha256()), doing: "accepting SHA-256")
        TS_RESP_CTX_set_serial_cb(context.pointer, Self.serial, nil)
        let bio = try OpenSSLMemory.reading(query)
        let response = try Owned(
            TS_RESP_create_response(context.pointer, bio.pointer), freedBy: { TS_RESP_free($0) }, doing: "answering")
        return try OpenSSLMemory.der(doing: "encoding the answer") { i2d_TS_RESP(response.pointer, $0) }
    }

    /// Serial numbers must be unique: 64 random bits.
    private static let serial: TS_serial_cb = { _, _ in
        guard let number = ASN1_INTEGER_new() else { return nil }
        guard ASN1_INTEGER_set_uint64(number, UInt64.random(in: 1 ... .max)) == 1 else {
            ASN1_INTEGER_free(number)
            return nil
        }
        return number
    }

    private static func generatedKey() throws -> Owned<OpaquePointer> {
        try Owned(copenssl_generate_p256(), freedBy: { EVP_PKEY_free($0) }, doing: "making a key")
    }

    /// The pointers are the caller's, who keeps them alive through the call. `issuer` nil: its own, a root.
    private static func certificate(
        _ name: String, key: OpaquePointer, issuer: OpaquePointer?, issuerKey: OpaquePointer, extensions: [(Int32, String)]
    ) throws -> Owned<OpaquePointer> {
        let doing = "making the certificate “\(name)”"
        let made = try Owned(X509_new(), freedBy: { X509_free($0) }, doing: doing)
        try OpenSSLError.check(X509_set_version(made.pointer, 2), doing: doing)
        try OpenSSLError.check(
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.pointer), UInt64.random(in: 1 ... .max)), doing: doing)
        let day = 86_400
        X509_gmtime_adj(X509_getm_notBefore(made.pointer), -day)
        X509_gmtime_adj(X509_getm_notAfter(made.pointer), 365 * day)
        try OpenSSLError.check(X509_set_pubkey(made.pointer, key), doing: doing)
        let subject = X509_get_subject_name(made.pointer)
        let text = Array(name.utf8)
        try OpenSSLError.check(
            X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0), doing: doing)
        try OpenSSLError.check(X509_set_issuer_name(made.pointer, X509_get_subject_name(issuer ?? made.pointer)), doing: doing)
        for (kind, value) in extensions {
            let added = try Owned(
                copenssl_extension(issuer ?? made.pointer, made.pointer, kind, value), freedBy: { X509_EXTENSION_free($0) }, doing: doing)
            try OpenSSLError.check(X509_add_ext(made.pointer, added.pointer, -1), doing: doing)
        }
        guard X509_sign(made.pointer, issuerKey, EVP_sha256()) > 0 else { throw OpenSSLError.drained(doing: doing) }
        return made
    }

    private static func pem(_ certificate: borrowing Owned<OpaquePointer>) throws -> [UInt8] {
        let bio = try OpenSSLMemory.empty()
        try OpenSSLError.check(PEM_write_bio_X509(bio.pointer, certificate.pointer), doing: "writing a certificate")
        return OpenSSLMemory.contents(of: bio)
    }
}
