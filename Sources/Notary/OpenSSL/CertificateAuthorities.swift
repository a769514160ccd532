import COpenSSL
import Council
package import Foundation
package import OpenSSL

/// The certification authorities that a verifier trusts: one PEM text, as `openssl -CAfile` takes it.
package struct CertificateAuthorities: Hashable, Sendable {
    /// The text as given.
    package let pem: [UInt8]
    /// DER of each certificate in it, in order.
    let certificates: [[UInt8]]
    /// A chain may end at any of them, whether it signs itself or not.
    private var endsAnywhere = false

    /// Certificates found beside a signature: they prove the signature, not whose it is.
    init(trustedByThemselves certificates: [[UInt8]]) {
        pem = []
        self.certificates = certificates
        endsAnywhere = true
    }

    /// Throws when the text holds no certificate or a broken one. At most 1 MiB.
    package init(pem: [UInt8]) throws(OpenSSLError) {
        guard pem.count <= 1 << 20 else {
            throw OpenSSLError(doing: "reading certification authorities", reasons: ["longer than 1 MiB"], timestampReasons: [])
        }
        self.pem = pem
        self.certificates = try Self.parse(pem)
    }

    /// Those that have ended by `date`, with their ends, the soonest first.
    package func ended(by date: Date) throws(OpenSSLError) -> [Certificate] {
        var found: [Certificate] = []
        for der in certificates { found.append(try Certificate(der: der)) }
        return found.filter { $0.notAfter <= date }.sorted { $0.notAfter < $1.notAfter }
    }

    private static func parse(_ pem: [UInt8]) throws(OpenSSLError) -> [[UInt8]] {
        let bio = try OpenSSLMemory.reading(pem)
        // Why the loop ends is read from the queue: nothing older may be in it.
        ERR_clear_error()
        var found: [[UInt8]] = []
        while let read = PEM_read_bio_X509(bio.pointer, nil, nil, nil) {
            let certificate = try Owned(read, freedBy: { X509_free($0) }, doing: "reading a certificate")
            found.append(try OpenSSLMemory.der(doing: "encoding a certificate") { i2d_X509(certificate.pointer, $0) })
        }
        // The loop ends with "no start line" at the end of the text; anything else is a broken certificate.
        let last = ERR_peek_last_error()
        let fault = OpenSSLError.drained(doing: "reading certification authorities (PEM)")
        guard copenssl_reason(last) == PEM_R_NO_START_LINE, !found.isEmpty else { throw fault }
        return found
    }

    /// A store that trusts exactly these, at the given instant (seconds since 1970).
    func store(at time: Int) throws(OpenSSLError) -> Owned<OpaquePointer> {
        let store = try Owned(X509_STORE_new(), freedBy: { X509_STORE_free($0) }, doing: "making a trust store")
        for der in certificates {
            let certificate = try Self.certificate(der)
            try OpenSSLError.check(X509_STORE_add_cert(store.pointer, certificate.pointer), doing: "trusting a certificate")
        }
        if endsAnywhere {
            try OpenSSLError.check(X509_STORE_set_flags(store.pointer, UInt(X509_V_FLAG_PARTIAL_CHAIN)), doing: "trusting certificates")
        }
        // Without this OpenSSL judges the chain by the machine's clock, and a token dies with its authority's certificate.
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.pointer), time)
        return store
    }

    static func certificate(_ der: [UInt8]) throws(OpenSSLError) -> Owned<OpaquePointer> {
        let read = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_X509(nil, &cursor, buffer.count)
        }
        return try Owned(read, freedBy: { X509_free($0) }, doing: "reading a certificate")
    }
}
