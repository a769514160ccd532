package import Foundation

/// A real RFC 3161 authority: `openssl ts -reply` behind HTTP on loopback (`Tests/fixtures/tsa/authority.py`, which lists
/// its paths: an honest one and all kinds of dishonest ones).
package final class TimestampAuthority: Sendable {
    package let folder: TemporaryFolder
    private let program: BackgroundProgram
    private let port: Int

    /// `chains`: with certificates that end soon, an intermediate authority, and revocation lists.
    package init(chains: Bool = false) throws {
        folder = try TemporaryFolder()
        program = try BackgroundProgram(
            Tool.python,
            [Tool.repository.appendingPathComponent("Tests/fixtures/tsa/authority.py").path, folder.url.path] + (chains ? ["chains"] : []),
            errors: folder["errors"])
        port = try program.port(in: folder["port"])
    }

    package func url(_ path: String = "") -> String { "http://127.0.0.1:\(port)/\(path)" }

    /// The root to trust.
    package var authorities: URL { folder["ca.pem"] }
    /// A root that didn't sign.
    package var otherAuthorities: URL { folder["other-ca.pem"] }
    /// How many queries came to a path so far.
    package func queries(to path: String = "") throws -> Int {
        guard let text = try? String(contentsOf: folder["queries"], encoding: .utf8) else { return 0 }
        return text.split(separator: "\n").count { $0 == "/" + path }
    }
    /// How revocation lists are answered from here on: `good`, `down`…
    package func answerLists(_ mode: String) throws { try folder.write(mode, to: "lists") }
    package func stop() { program.stop() }
}
