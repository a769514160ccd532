import Foundation

/// A real OpenTimestamps calendar of the tests' own (`Tests/fixtures/calendar/calendar_server.py`): what it takes is
/// committed into a chain node's block when the test says so.
package final class TestCalendar: Sendable {
    /// How it misbehaves.
    package enum Misconduct: String, Sendable {
        case garbage, huge, elsewhere, broken
    }

    private let folder: TemporaryFolder
    private let program: BackgroundProgram
    private let port: Int

    package init(node: ChainNode?, misconduct: Misconduct? = nil) throws {
        folder = try TemporaryFolder()
        program = try BackgroundProgram(
            Tool.python,
            [
                Tool.repository.appendingPathComponent("Tests/fixtures/calendar/calendar_server.py").path, folder.url.path,
                node?.url ?? "http://u:p@127.0.0.1:1", misconduct?.rawValue ?? "",
            ], errors: folder["errors"])
        port = try program.port(in: folder["port"])
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    package func stop() { program.stop() }

    /// Commits all that waits into one block and mines six; answers that block's height.
    @discardableResult
    package func mine() throws -> Int {
        let script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], data=b'', timeout=60).read().decode())"
        let result = try Tool.run(Tool.python, ["-c", script, url + "/mine"])
        guard let height = Int(result.text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BackgroundProgram.DidNotStart(description: "the calendar can't mine: \(result.errors)")
        }
        return height
    }
}
