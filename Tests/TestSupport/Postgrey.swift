import Foundation

/// A real Postgrey on loopback: the greylisting that Postfix asks before it takes a recipient. Needs root, and Debian's postgrey.
/// It is killed when this value goes.
package final class Postgrey: Sendable {
    package let port: Int
    private let folder: TemporaryFolder
    private let program: BackgroundProgram

    /// - Parameter delay: seconds before which the same sender and recipient are deferred.
    package init(delay: Int) async throws {
        folder = try TemporaryFolder()
        port = try Loopback.freePorts(1)[0]
        // It gives its rights up to a user of its own.
        chmod(folder.url.path, 0o777)
        let lists = try folder.write("", to: "whitelist").path
        program = try BackgroundProgram(
            "postgrey",
            [
                "--inet=127.0.0.1:\(port)", "--dbdir=\(folder.url.path)", "--delay=\(delay)", "--whitelist-clients=\(lists)",
                "--whitelist-recipients=\(lists)",
                // Each recipient is greylisted, whatever the client has delivered before.
                "--auto-whitelist-clients=0",
            ], errors: folder["errors"])
        let (program, port) = (program, port)
        _ = try await aside { try program.wait { Loopback.answers(on: port) ? true : nil } }
    }

    deinit { program.stop() }
}
