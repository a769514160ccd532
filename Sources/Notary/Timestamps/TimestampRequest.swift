import COpenSSL
package import Council
package import OpenSSL

/// What we ask a timestamp authority: RFC 3161 §2.4.1, version 1, SHA-256, with the authority's certificate in the answer.
package struct TimestampRequest: Hashable, Sendable {
    /// SHA-256 of the bytes to stamp.
    package let imprint: ContentHash
    /// Ties the answer to this request. Nil when a token is checked long after, without its request.
    package let nonce: UInt64?
    /// The policy (dotted numbers) that the token must be given under; nil: the authority's own.
    package let policy: String?

    package init(imprint: ContentHash, nonce: UInt64?, policy: String?) {
        self.imprint = imprint
        self.nonce = nonce
        self.policy = policy
    }

    /// DER, as posted with `application/timestamp-query`.
    package func der() throws(OpenSSLError) -> [UInt8] {
        let request = try object()
        return try OpenSSLMemory.der(doing: "encoding a timestamp request") { i2d_TS_REQ(request.pointer, $0) }
    }

    func object() throws(OpenSSLError) -> Owned<OpaquePointer> {
        let request = try Owned(TS_REQ_new(), freedBy: { TS_REQ_free($0) }, doing: "making a timestamp request")
        try OpenSSLError.check(TS_REQ_set_version(request.pointer, 1), doing: "setting the request's version")
        try setImprint(of: request)
        if let nonce {
            let number = try Owned(ASN1_INTEGER_new(), freedBy: { ASN1_INTEGER_free($0) }, doing: "making a nonce")
            try OpenSSLError.check(ASN1_INTEGER_set_uint64(number.pointer, nonce), doing: "setting the nonce")
            try OpenSSLError.check(TS_REQ_set_nonce(request.pointer, number.pointer), doing: "setting the nonce")
        }
        if let policy {
            let object = try Owned(OBJ_txt2obj(policy, 1), freedBy: { ASN1_OBJECT_free($0) }, doing: "reading the policy \(policy)")
            try OpenSSLError.check(TS_REQ_set_policy_id(request.pointer, object.pointer), doing: "setting the policy")
        }
        try OpenSSLError.check(TS_REQ_set_cert_req(request.pointer, 1), doing: "asking for the certificate")
        return request
    }

    private func setImprint(of request: borrowing Owned<OpaquePointer>) throws(OpenSSLError) {
        let doing = "setting the imprint"
        let algorithm = try Owned(X509_ALGOR_new(), freedBy: { X509_ALGOR_free($0) }, doing: doing)
        X509_ALGOR_set_md(algorithm.pointer, EVP_sha256())
        let message = try Owned(TS_MSG_IMPRINT_new(), freedBy: { TS_MSG_IMPRINT_free($0) }, doing: doing)
        try OpenSSLError.check(TS_MSG_IMPRINT_set_algo(message.pointer, algorithm.pointer), doing: doing)
        var digest = imprint.bytes
        try OpenSSLError.check(TS_MSG_IMPRINT_set_msg(message.pointer, &digest, Int32(digest.count)), doing: doing)
        try OpenSSLError.check(TS_REQ_set_msg_imprint(request.pointer, message.pointer), doing: doing)
    }
}
