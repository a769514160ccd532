import Council
import Curl
import Foundation
import Notary
import OpenSSL
import TestSupport
import Testing

/// RFC 3161 against a real `openssl ts` authority.
struct TimestampTests {
    let authority: TimestampAuthority
    let client = TimestampClient(http: Fixtures.http, randomness: .system)
    let body = Array("convocations.aurence.example/ledger\n42\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n".utf8)

    init() throws { authority = try Fixtures.authority.get() }

    private func trusted() throws -> CertificateAuthorities {
        try CertificateAuthorities(pem: Fixtures.bytes(authority.authorities))
    }

    private func imprint() -> ContentHash { Sample.hash(body) }

    @Test func `a real authority's token is accepted and says when, by whom, under which policy`() async throws {
        let before = Date().addingTimeInterval(-2)
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        #expect(stamp.imprint == imprint())
        #expect(stamp.time > before && stamp.time < Date().addingTimeInterval(2))
        #expect(stamp.policy == "1.2.3.4.1")
        #expect(stamp.authority == "CN=Essai tsa")
        #expect(!stamp.serial.isEmpty)
        #expect(stamp.certificates.count == 1)
    }

    @Test func `openssl ts verifies the token that we keep`() async throws {
        let folder = try TemporaryFolder()
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        try folder.write(body, to: "body")
        try folder.write(stamp.response, to: "body.tsr")
        let arguments = ["ts", "-verify", "-data", "body", "-in", "body.tsr", "-CAfile", authority.authorities.path]
        let result = try Tool.run("openssl", arguments, folder: folder.url)
        #expect(result.status == 0 && (result.text + result.errors).contains("Verification: OK"), "\(result.errors)")

        let token = try UnverifiedTimestamp(parsing: stamp.response).token()
        try folder.write(token, to: "token.der")
        let bare = try Tool.run(
            "openssl", ["ts", "-verify", "-data", "body", "-in", "token.der", "-token_in", "-CAfile", authority.authorities.path],
            folder: folder.url)
        #expect(bare.status == 0, "\(bare.errors)")
        let request = TimestampRequest(imprint: imprint(), nonce: nil, policy: nil)
        #expect(try UnverifiedTimestamp(token: token).verified(against: request, trusting: trusted()).time == stamp.time)
    }

    @Test func `rfc3161-client holds the token that we keep, and refuses it altered or over another body`() async throws {
        let folder = try TemporaryFolder()
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        let (right, other) = (try folder.write(body, to: "body"), try folder.write(body + [0], to: "other"))
        let token = try folder.write(stamp.response, to: "body.tsr")
        func judged(_ body: URL, _ token: URL) async throws -> ToolResult {
            let arguments = [body.path, token.path, authority.authorities.path]
            return try await aside { try Tool.judge("rfc3161.py", arguments) }
        }
        let held = try await judged(right, token)
        #expect(held.status == 0 && held.text.hasPrefix("holds 20"), "\(held.errors)")
        #expect(try await judged(other, token).status == 1)
        var wrong = stamp.response
        wrong[wrong.count - 20] ^= 1
        #expect(try await judged(right, try folder.write(wrong, to: "wrong.tsr")).status == 1)
    }

    @Test func `a configured policy is asked for and required`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority, policy: "1.2.3.4.5"))
        #expect(stamp.policy == "1.2.3.4.5")
        let request = TimestampRequest(imprint: imprint(), nonce: nil, policy: "1.2.3.4.1")
        #expect(throws: TimestampError.policyDiffers) {
            try UnverifiedTimestamp(parsing: stamp.response).verified(against: request, trusting: trusted())
        }
        let fault = await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, policy: "2.9.9"))
        }
        #expect(fault?.description.contains("refused") == true, "\(fault?.description ?? "")")
        await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, policy: "no policy"))
        }
    }

    @Test func `another nonce and another imprint are refused`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        let token = try UnverifiedTimestamp(parsing: stamp.response)
        #expect(throws: TimestampError.nonceDiffers) {
            try token.verified(against: TimestampRequest(imprint: imprint(), nonce: 7, policy: nil), trusting: trusted())
        }
        let other = TimestampRequest(imprint: Sample.hash("other bytes"), nonce: nil, policy: nil)
        #expect(throws: TimestampError.imprintDiffers) { try token.verified(against: other, trusting: trusted()) }
        #expect(try token.isOver(imprint()))
        #expect(try !token.isOver(other.imprint))
    }

    @Test func `no byte of a token can be changed`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        let request = TimestampRequest(imprint: imprint(), nonce: nil, policy: nil)
        let roots = try trusted()
        var survivors: [Int] = []
        for place in stamp.response.indices {
            var altered = stamp.response
            altered[place] ^= 0x01
            if (try? UnverifiedTimestamp(parsing: altered).verified(against: request, trusting: roots)) != nil { survivors.append(place) }
        }
        // What neither the signature covers nor the check depends on: the outermost status, and names of algorithms that are
        // given a second time inside the signature. None of it is what the token says.
        #expect(survivors.count < 40, "\(survivors)")
        #expect(!survivors.contains(stamp.response.count - 1))
        for place in survivors {
            var altered = stamp.response
            altered[place] ^= 0x01
            let read = try UnverifiedTimestamp(parsing: altered).verified(against: request, trusting: roots)
            #expect(read.time == stamp.time && read.imprint == stamp.imprint && read.serial == stamp.serial, "byte \(place)")
        }
    }

    @Test func `a flipped bit of the signature is called a bad signature`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        var altered = stamp.response
        altered[altered.count - 1] ^= 0x80
        let error = #expect(throws: TimestampError.self) {
            try UnverifiedTimestamp(parsing: altered)
                .verified(against: TimestampRequest(imprint: imprint(), nonce: nil, policy: nil), trusting: trusted())
        }
        guard case .badSignature = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a token of an authority that is not trusted is refused`() async throws {
        let signedByOther = await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, path: "other"))
        }
        #expect(signedByOther?.description.contains("not trusted") == true)
        let checkedByOther = await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, caFile: authority.otherAuthorities))
        }
        #expect(checkedByOther?.description.contains("not trusted") == true)
    }

    @Test(arguments: [("expired", "expired"), ("purpose", "purpose"), ("lenient", "purpose")])
    func `a certificate that may not sign timestamps now is refused`(path: String, reason: String) async throws {
        let fault = await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, path: path))
        }
        #expect(fault?.description.contains(reason) == true, "\(fault?.description ?? "")")
    }

    @Test func `a token outlives its certificate: the chain is judged at the token's time`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority, path: "past"))
        #expect(stamp.time == Date(timeIntervalSince1970: 1_591_012_800))
        #expect(stamp.authority == "CN=Essai expired")
    }

    @Test(arguments: [
        ("stale", "nonce"), ("garbage", "not a timestamp response"), ("huge", "size exceeded"), ("broken", "HTTP 500"),
        ("truncated", "not a timestamp response"),
    ])
    func `an answer that is not to our query is refused in words`(path: String, words: String) async throws {
        let fault = await #expect(throws: AnchorFault.self) {
            try await client.stamp(body, by: Fixtures.settings(of: authority, path: path))
        }
        #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "")")
    }

    @Test func `bytes after the response are refused`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        #expect(throws: TimestampError.unreadable("1 bytes follow the response")) {
            try UnverifiedTimestamp(parsing: stamp.response + [0])
        }
    }

    @Test func `no mutation of a response crashes the reader, and none that is accepted says otherwise`() async throws {
        let stamp = try await client.stamp(body, by: Fixtures.settings(of: authority))
        let request = TimestampRequest(imprint: imprint(), nonce: nil, policy: nil)
        let roots = try trusted()
        var generator = SeededGenerator(seed: 3161)
        for _ in 0..<2000 {
            let mutated = generator.mutated(stamp.response)
            guard let read = try? UnverifiedTimestamp(parsing: mutated).verified(against: request, trusting: roots) else { continue }
            #expect(read.time == stamp.time && read.serial == stamp.serial)
        }
    }

    @Test func `a file of authorities must hold certificates, all of them whole`() throws {
        let pem = try Fixtures.bytes(authority.authorities)
        #expect(throws: OpenSSLError.self) { try CertificateAuthorities(pem: []) }
        #expect(throws: OpenSSLError.self) { try CertificateAuthorities(pem: Array("no certificate".utf8)) }
        #expect(throws: OpenSSLError.self) {
            try CertificateAuthorities(pem: Array(String(decoding: pem, as: UTF8.self).replacing("A", with: "B").utf8))
        }
        #expect(throws: OpenSSLError.self) {
            try CertificateAuthorities(pem: pem + Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8))
        }
        _ = try CertificateAuthorities(pem: pem + pem)
    }
}
