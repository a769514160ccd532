import COpenSSL
package import Council
package import Foundation
import OpenSSL

/// An authority's answer as it came: well-formed, nothing more.
package struct UnverifiedTimestamp: Hashable, Sendable {
    /// No honest answer is longer: a token with a long chain is some 10 kB.
    package static let longest = 65_536

    /// DER `TimeStampResp`.
    package let response: [UInt8]

    /// Takes exactly one response (RFC 3161 §2.4.2) that carries a token; a refusal throws with the authority's words.
    package init(parsing response: [UInt8]) throws(TimestampError) {
        self.response = response
        do {
            let parsed = try Self.object(response)
            guard TS_RESP_get_token(parsed.pointer) != nil, TS_RESP_get_tst_info(parsed.pointer) != nil else {
                throw TimestampError.refused(try Self.status(of: parsed))
            }
        } catch let error as TimestampError {
            throw error
        } catch {
            throw .unreadable(String(describing: error))
        }
    }

    /// Takes a bare token (DER `ContentInfo`), as an ASiC container keeps it: the same as a response that granted it.
    package init(token: [UInt8]) throws(TimestampError) {
        try self.init(parsing: DER.sequence(DER.sequence([0x02, 0x01, 0x00]) + token))
    }

    /// The bare token, without the response around it.
    package func token() throws(TimestampError) -> [UInt8] {
        do {
            let parsed = try Self.object(response)
            let token = TS_RESP_get_token(parsed.pointer)
            return try OpenSSLMemory.der(doing: "encoding the token") { i2d_PKCS7(token, $0) }
        } catch {
            throw .fault(String(describing: error))
        }
    }

    /// Whether it says to be over these bytes' SHA-256. Nothing else is checked.
    package func isOver(_ imprint: ContentHash) throws(TimestampError) -> Bool {
        do {
            return try TokenDetails(of: try Self.object(response)).imprint == imprint.bytes
        } catch let error as TimestampError {
            throw error
        } catch {
            throw .fault(String(describing: error))
        }
    }

    /// When it says to have been made. Nothing is checked.
    package func claimedTime() throws(TimestampError) -> Date {
        do {
            return Date(timeIntervalSince1970: TimeInterval(try TokenDetails(of: try Self.object(response)).time))
        } catch let error as TimestampError {
            throw error
        } catch {
            throw .fault(String(describing: error))
        }
    }

    /// Checks signature, imprint, nonce, policy, and the signer's chain at the token's own time; its certificate must be
    /// for timestamping and nothing else, by a critical extension (RFC 3161 §2.3). Revocation is `TimestampLine`'s affair.
    package func verified(
        against request: TimestampRequest, trusting authorities: CertificateAuthorities
    ) throws(TimestampError) -> VerifiedTimestamp {
        do {
            let parsed = try Self.object(response)
            let details = try TokenDetails(of: parsed)
            try Self.verify(parsed, against: request, trusting: authorities, at: details.time)
            return VerifiedTimestamp(
                response: response, imprint: request.imprint, time: Date(timeIntervalSince1970: TimeInterval(details.time)),
                serial: details.serial, policy: details.policy, authority: try TokenDetails.signer(of: parsed),
                signer: try TokenDetails.signingCertificate(of: parsed), certificates: try TokenDetails.certificates(of: parsed))
        } catch let error as TimestampError {
            throw error
        } catch {
            throw .fault(String(describing: error))
        }
    }

    /// The certificates that came with it, as if each were trusted by itself: with them, `verified` says that the signature holds
    /// and that its certificate may sign timestamps, and nothing about whose it is.
    package func ownCertificates() throws(TimestampError) -> CertificateAuthorities {
        do {
            return CertificateAuthorities(trustedByThemselves: try TokenDetails.certificates(of: try Self.object(response)))
        } catch {
            throw .fault(String(describing: error))
        }
    }

    private static func verify(
        _ parsed: borrowing Owned<OpaquePointer>, against request: TimestampRequest,
        trusting authorities: CertificateAuthorities, at time: Int
    ) throws {
        let asked = try request.object()
        let context = try Owned(
            TS_REQ_to_TS_VERIFY_CTX(asked.pointer, nil), freedBy: { TS_VERIFY_CTX_free($0) }, doing: "preparing the check")
        // The request sets every check but this one: without it a token with a broken signature passes.
        TS_VERIFY_CTX_add_flags(context.pointer, Int32(TS_VFY_SIGNATURE))
        let store = try authorities.store(at: time)
        // The context frees its store: it gets a reference of its own.
        X509_STORE_up_ref(store.pointer)
        TS_VERIFY_CTX_set_store(context.pointer, store.pointer)
        // The reason of a failure is read from the queue: nothing older may be in it.
        ERR_clear_error()
        guard TS_RESP_verify_response(context.pointer, parsed.pointer) == 1 else {
            throw TimestampError(verification: OpenSSLError.drained(doing: "checking the token"))
        }
    }

    static func object(_ response: [UInt8]) throws -> Owned<OpaquePointer> {
        guard response.count <= longest else { throw TimestampError.unreadable("\(response.count) bytes: longer than \(longest)") }
        var used = 0
        let read = response.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            let read = d2i_TS_RESP(nil, &cursor, buffer.count)
            if read != nil, let start = buffer.baseAddress, let cursor { used = cursor - start }
            return read
        }
        let parsed = try Owned(read, freedBy: { TS_RESP_free($0) }, doing: "reading the response")
        guard used == response.count else {
            throw TimestampError.unreadable("\(response.count - used) bytes follow the response")
        }
        return parsed
    }

    private static func status(of parsed: borrowing Owned<OpaquePointer>) throws(OpenSSLError) -> String {
        let bio = try OpenSSLMemory.empty()
        TS_STATUS_INFO_print_bio(bio.pointer, TS_RESP_get_status_info(parsed.pointer))
        let text = String(decoding: OpenSSLMemory.contents(of: bio), as: UTF8.self)
        return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: ", ")
    }
}

/// The little DER that is written by hand.
enum DER {
    /// A SEQUENCE around `content`.
    static func sequence(_ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        if rest < 0x80 { return [0x30, UInt8(rest)] + content }
        while rest > 0 {
            length.insert(UInt8(rest & 0xff), at: 0)
            rest >>= 8
        }
        return [0x30, 0x80 | UInt8(length.count)] + length + content
    }
}
