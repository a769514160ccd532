package import Council
import Foundation
package import Hummingbird
import NIOCore

/// An OpenTimestamps calendar for the demonstration: it answers a digest with a pending attestation of the real form, and
/// never with a block, because it has no chain behind it, and says so. What it gives is no evidence.
///
/// Form: the operations `append nonce`, `sha256`, then a pending attestation that names this calendar
/// (python-opentimestamps 0.4.5, `core/timestamp.py` and `core/notary.py`).
package struct DemonstrationCalendar: Sendable {
    private static let pendingTag: [UInt8] = [0x83, 0xDF, 0xE3, 0x0D, 0x2E, 0xF9, 0x0C, 0x8E]
    /// Octets of a digest to stamp, at most.
    private static let digestLimit = 64

    private let url: String
    private let randomness: Randomness

    /// - Parameter url: where clients reach it (with the path `/demo/calendrier`), written into the attestations: letters,
    ///   digits and `.-_/:` only, at most 1,000 octets, or clients refuse it.
    package init(url: String, randomness: Randomness) {
        self.url = url
        self.randomness = randomness
    }

    package static let path = "/demo/calendrier"

    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        router.post("\(Self.path)/digest") { request, _ in
            var request = request
            let body = try await request.collectBody(upTo: 1024)
            guard (1...Self.digestLimit).contains(body.readableBytes) else {
                return Self.words(.badRequest, "A digest of 1 to \(Self.digestLimit) octets is wanted.\n")
            }
            return Response(
                status: .ok, headers: [.contentType: "application/vnd.opentimestamps.v1", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: pendingTimestamp())))
        }
        router.get("\(Self.path)/timestamp/:commitment") { _, _ in
            Self.words(.notFound, "This demonstration calendar has no chain: nothing is ever confirmed here.\n")
        }
        router.get("\(Self.path)") { _, _ in
            Self.words(.ok, "A demonstration calendar: OpenTimestamps in form, without a chain. What it stamps proves nothing.\n")
        }
    }

    /// The serialised timestamp of any message: what the client appends to its own.
    func pendingTimestamp() -> [UInt8] {
        let nonce = randomness.bytes(16)
        let uri = Array(url.utf8)
        let payload = Self.varuint(uri.count) + uri
        return [0xF0] + Self.varuint(nonce.count) + nonce + [0x08, 0x00] + Self.pendingTag + Self.varuint(payload.count) + payload
    }

    /// Seven bits an octet, lowest first; the high bit says that more follow.
    private static func varuint(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func words(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
