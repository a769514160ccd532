import Council
import Curl
import Demonstration
import Foundation
import Hummingbird
import TestSupport
import Testing

@Suite("The demonstration's timestamp authority and calendar, judged by OpenSSL and python-opentimestamps")
struct DemonstrationAnchorsTests {
    private static let judge = """
        import sys
        from opentimestamps.core.timestamp import Timestamp
        from opentimestamps.core.serialize import BytesDeserializationContext
        from opentimestamps.core.notary import PendingAttestation
        digest = bytes.fromhex(sys.argv[1])
        context = BytesDeserializationContext(sys.stdin.buffer.read())
        stamp = Timestamp.deserialize(context, digest)
        context.assert_eof()
        found = list(stamp.all_attestations())
        assert len(found) == 1 and isinstance(found[0][1], PendingAttestation), found
        assert len(found[0][0]) == 32 and found[0][0] != digest
        print(found[0][1].uri, found[0][0].hex())
        """

    private func withAnchors<Result: Sendable>(_ body: @escaping @Sendable (_ base: String) async throws -> Result) async throws -> Result {
        let router = Router()
        DemonstrationCalendar(url: "http://127.0.0.1:8080/demo/calendrier", randomness: .system).add(to: router)
        DemonstrationTimestamping(authority: try LocalTimestampAuthority(), logger: silent).add(to: router)
        return try await withSite(router) { try await body("http://127.0.0.1:\($0)") }
    }

    @Test func `the calendar gives a pending attestation that names it, and never confirms`() async throws {
        try await withAnchors { base in
            let client = HTTPClient()
            let digest = Sample.hash("digest")
            let answer = try await client.post(base + "/demo/calendrier/digest", body: digest.bytes)
            #expect(answer.status == 200)
            let verdict = try await aside { try Tool.run(Tool.python, ["-c", Self.judge, digest.hex], input: answer.body) }
            #expect(verdict.status == 0, "\(verdict.errors)")
            #expect(verdict.text.hasPrefix("http://127.0.0.1:8080/demo/calendrier "))
            let commitment = verdict.text.split(whereSeparator: \.isWhitespace).last ?? ""
            let upgrade = try await client.get(base + "/demo/calendrier/timestamp/\(commitment)")
            #expect(upgrade.status == 404 && upgrade.text.contains("no chain"))
            #expect(try await client.post(base + "/demo/calendrier/digest", body: []).status == 400)
            #expect(try await client.post(base + "/demo/calendrier/digest", body: [UInt8](repeating: 1, count: 65)).status == 400)
            #expect(try await client.post(base + "/demo/calendrier/digest", body: [UInt8](repeating: 1, count: 5000)).status == 413)
        }
    }

    @Test func `openssl verifies a token of the authority against its root`() async throws {
        let folder = try TemporaryFolder()
        let authority = try LocalTimestampAuthority()
        let router = Router()
        DemonstrationTimestamping(authority: authority, logger: silent).add(to: router)
        let data = try folder.write("registre\n3\nracine\n", to: "body")
        try folder.write(authority.authorities, to: "ca.pem")
        let query = try await aside { try Tool.run("openssl", ["ts", "-query", "-data", data.path, "-sha256", "-cert"]) }
        let answer = try await withSite(router) { port in
            try await HTTPClient().post(
                "http://127.0.0.1:\(port)/demo/horodatage", headers: [HTTPClient.Header("Content-Type", "application/timestamp-query")],
                body: query.output)
        }
        #expect(answer.status == 200 && answer.header("Content-Type") == "application/timestamp-reply")
        let token = try folder.write(answer.body, to: "body.tsr")
        let verdict = try await aside {
            try Tool.run("openssl", ["ts", "-verify", "-data", data.path, "-in", token.path, "-CAfile", folder["ca.pem"].path])
        }
        #expect(verdict.status == 0 && verdict.text.contains("Verification: OK"), "\(verdict.text)\(verdict.errors)")
        let wrong = try await withSite(router) { port in
            try await HTTPClient().post("http://127.0.0.1:\(port)/demo/horodatage", body: query.output)
        }
        #expect(wrong.status == 415)
    }
}
