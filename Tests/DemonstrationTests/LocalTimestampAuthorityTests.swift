import Demonstration
import Foundation
import TestSupport
import Testing

struct LocalTimestampAuthorityTests {
    @Test func `its answers are real tokens, which openssl verifies under its root`() async throws {
        let folder = try TemporaryFolder()
        let authority = try LocalTimestampAuthority()
        try folder.write(authority.authorities, to: "ca.pem")
        try folder.write("un point de contrôle\n", to: "body")
        let query = try Tool.run("openssl", ["ts", "-query", "-data", "body", "-sha256", "-cert"], folder: folder.url)
        #expect(query.status == 0)
        let answer = try await authority.answer(query.output)
        #expect(try await authority.answer(query.output) != answer)
        try folder.write(query.output, to: "body.tsq")
        try folder.write(answer, to: "body.tsr")
        for given in [["-data", "body"], ["-queryfile", "body.tsq"]] {
            let result = try Tool.run("openssl", ["ts", "-verify"] + given + ["-in", "body.tsr", "-CAfile", "ca.pem"], folder: folder.url)
            #expect(result.status == 0, "\(result.errors)")
        }
        let text = try Tool.run("openssl", ["ts", "-reply", "-in", "body.tsr", "-text"], folder: folder.url).text
        #expect(text.contains("Status: Granted."))
    }

    @Test func `what is no query is refused, as the protocol wants`() async throws {
        let folder = try TemporaryFolder()
        let authority = try LocalTimestampAuthority()
        try folder.write(try await authority.answer(Array("no query".utf8)), to: "body.tsr")
        let text = try Tool.run("openssl", ["ts", "-reply", "-in", "body.tsr", "-text"], folder: folder.url).text
        #expect(text.contains("Status: Rejected."), "\(text)")
    }
}
