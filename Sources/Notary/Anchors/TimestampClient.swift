package import Council
import Crypto
package import Curl
import Foundation
import Store

/// Gets tokens from RFC 3161 authorities over HTTP (§3.4).
package struct TimestampClient: Sendable {
    private let http: HTTPClient
    private let randomness: Randomness

    package init(http: HTTPClient, randomness: Randomness) {
        self.http = http
        self.randomness = randomness
    }

    /// A token over `bytes`, verified in every respect. Each call asks anew, with a fresh nonce.
    package func stamp(
        _ bytes: [UInt8], by authority: AnchorSettings.TimestampAuthority
    ) async throws(AnchorFault) -> VerifiedTimestamp {
        let authorities = try authority.trusted()
        let request = TimestampRequest(imprint: ContentHash(sha256Of: bytes), nonce: randomness.uint64(), policy: authority.policy)
        let query: [UInt8]
        do { query = try request.der() } catch { throw AnchorFault("the request can't be made: \(error)") }
        let answer = try await post(query, to: authority.url)
        do {
            return try UnverifiedTimestamp(parsing: answer).verified(against: request, trusting: authorities)
        } catch {
            throw AnchorFault(error.description)
        }
    }

    private func post(_ query: [UInt8], to url: String) async throws(AnchorFault) -> [UInt8] {
        let headers = [
            HTTPClient.Header("Content-Type", "application/timestamp-query"), HTTPClient.Header("Accept", "application/timestamp-reply"),
        ]
        let answer: HTTPClient.Answer
        do {
            answer = try await http.post(url, headers: headers, body: query)
        } catch {
            throw AnchorFault(http: error)
        }
        guard answer.status == 200 else { throw AnchorFault("the authority answered HTTP \(answer.status)") }
        return answer.body
    }
}

extension AnchorSettings.TimestampAuthority {
    /// The roots in its `caFile`, as they are now.
    package func trusted() throws(AnchorFault) -> CertificateAuthorities {
        do {
            return try CertificateAuthorities(pem: Array(try Data(contentsOf: caFile)))
        } catch {
            throw AnchorFault("\(name): \(caFile.path): \(error)")
        }
    }
}

extension AnchorFault {
    init(http fault: HTTPFault) {
        self.init(fault.description, fault.kind == .cancelled ? .cancellation : .authority)
    }
}
