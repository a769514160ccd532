import COpenSSL
package import Foundation
import OpenSSL

/// The certificates from a timestamp's signer up to a root, each signed by the next, the last by itself.
package struct CertificateChain: Hashable, Sendable {
    /// The signer's first. Never empty.
    let certificates: [Certificate]

    /// When the first of them ends: from then on the chain is trusted only for what came before.
    package var end: Date { certificates.map(\.notAfter).min() ?? .distantPast }

    /// As `body.chain.pem` has it: `openssl ts -verify -CAfile` takes it.
    package var pem: [UInt8] { PEMText.of(certificates.map(\.der), PEMText.certificate) }

    init(_ certificates: [Certificate]) throws(EvidenceFault.Why) {
        guard let last = certificates.last, certificates.count <= 16 else { throw .chainUnreadable }
        do throws(OpenSSLError) {
            for (certificate, issuer) in zip(certificates, certificates.dropFirst() + [last]) {
                guard try certificate.isSigned(by: issuer) else { throw OpenSSLError(doing: "", reasons: [], timestampReasons: []) }
            }
        } catch {
            throw .chainBroken
        }
        self.certificates = certificates
    }

    init(parsing pem: [UInt8]) throws(EvidenceFault.Why) {
        guard let objects = PEMText.objects(in: pem, PEMText.certificate) else { throw .chainUnreadable }
        var certificates: [Certificate] = []
        for der in objects {
            do { certificates.append(try Certificate(der: der)) } catch { throw .chainUnreadable }
        }
        try self.init(certificates)
    }

    /// Each with the one that signed it, but the root.
    var issued: [(certificate: Certificate, issuer: Certificate)] {
        zip(certificates, certificates.dropFirst()).map { ($0, $1) }
    }
}

extension UnverifiedTimestamp {
    /// The chain by which `authorities` trust this token's signer at the token's time. Verify the token first.
    func chain(trusting authorities: CertificateAuthorities) throws(TimestampError) -> CertificateChain {
        do {
            let parsed = try Self.object(response)
            let store = try authorities.store(at: try TokenDetails(of: parsed).time)
            let token = TS_RESP_get_token(parsed.pointer)
            let signers = try Owned(
                PKCS7_get0_signers(token, nil, 0), freedBy: { copenssl_certificates_free($0) }, doing: "reading the signer")
            let signer = copenssl_certificates_at(signers.pointer, 0)
            let doing = "building the signer's chain"
            guard let built = copenssl_timestamp_chain(store.pointer, signer, copenssl_token_certificates(token)) else {
                ERR_clear_error()
                throw TimestampError.untrusted("its chain ends at none of the configured roots")
            }
            let chain = try Owned(built, freedBy: { copenssl_chain_free($0) }, doing: doing)
            return try CertificateChain(
                (0..<copenssl_certificates_count(chain.pointer)).map { index in
                    let certificate = copenssl_certificates_at(chain.pointer, index)
                    return try Certificate(der: OpenSSLMemory.der(doing: "encoding a certificate") { i2d_X509(certificate, $0) })
                })
        } catch let error as TimestampError {
            throw error
        } catch {
            throw .untrusted(String(describing: error))
        }
    }
}
