import COpenSSL
import Foundation
import OpenSSL

/// What a parsed response says of itself. Nothing here is checked: callers verify before they believe.
struct TokenDetails {
    /// Seconds since 1970.
    let time: Int
    let serial: String
    let policy: String
    let imprint: [UInt8]

    init(of response: borrowing Owned<OpaquePointer>) throws {
        guard let info = TS_RESP_get_tst_info(response.pointer) else { throw TimestampError.unreadable("no token") }
        time = try Self.seconds(TS_TST_INFO_get_time(info))
        serial = try Self.hex(TS_TST_INFO_get_serial(info))
        policy = Self.text(TS_TST_INFO_get_policy_id(info))
        imprint = Self.bytes(TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(info)))
    }

    private static func seconds(_ time: UnsafePointer<ASN1_GENERALIZEDTIME>?) throws -> Int {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else {
            throw TimestampError.unreadable(OpenSSLError.drained(doing: "reading the token's time").description)
        }
        return timegm(&parts)
    }

    private static func hex(_ number: UnsafePointer<ASN1_INTEGER>?) throws -> String {
        let doing = "reading the token's serial number"
        let big = try Owned(ASN1_INTEGER_to_BN(number, nil), freedBy: { BN_free($0) }, doing: doing)
        let text = try Owned(BN_bn2hex(big.pointer), freedBy: { copenssl_free($0) }, doing: doing)
        return String(cString: text.pointer)
    }

    private static func bytes(_ string: UnsafeMutablePointer<ASN1_OCTET_STRING>?) -> [UInt8] {
        guard let string, let start = ASN1_STRING_get0_data(string) else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string))))
    }

    private static func text(_ object: OpaquePointer?) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = OBJ_obj2txt(&buffer, Int32(buffer.count), object, 1)
        return String(decoding: buffer.prefix(max(0, min(Int(length), buffer.count - 1))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The subject of the certificate that signed, found in the token itself.
    static func signer(of response: borrowing Owned<OpaquePointer>) throws -> String {
        let doing = "reading the signer's name"
        let signers = try Owned(
            PKCS7_get0_signers(TS_RESP_get_token(response.pointer), nil, 0), freedBy: { copenssl_certificates_free($0) }, doing: doing)
        guard let certificate = copenssl_certificates_at(signers.pointer, 0) else { throw OpenSSLError.drained(doing: doing) }
        return try Certificate.name(X509_get_subject_name(certificate))
    }

    /// DER of the certificate that signed.
    static func signingCertificate(of response: borrowing Owned<OpaquePointer>) throws -> [UInt8] {
        let doing = "reading the signer's certificate"
        let signers = try Owned(
            PKCS7_get0_signers(TS_RESP_get_token(response.pointer), nil, 0), freedBy: { copenssl_certificates_free($0) }, doing: doing)
        let certificate = copenssl_certificates_at(signers.pointer, 0)
        return try OpenSSLMemory.der(doing: doing) { i2d_X509(certificate, $0) }
    }

    static func certificates(of response: borrowing Owned<OpaquePointer>) throws -> [[UInt8]] {
        guard let token = TS_RESP_get_token(response.pointer), let stack = copenssl_token_certificates(token) else { return [] }
        return try (0..<copenssl_certificates_count(stack)).map { index in
            let certificate = copenssl_certificates_at(stack, index)
            return try OpenSSLMemory.der(doing: "encoding a certificate") { i2d_X509(certificate, $0) }
        }
    }
}
