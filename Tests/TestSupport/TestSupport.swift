package import Foundation

/// A folder that a test owns; removed when the value goes.
package final class TemporaryFolder: Sendable {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("appariteur-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package subscript(_ path: String) -> URL { url.appendingPathComponent(path) }

    @discardableResult
    package func write(_ text: String, to path: String) throws -> URL { try write(Array(text.utf8), to: path) }

    @discardableResult
    package func write(_ bytes: [UInt8], to path: String) throws -> URL {
        let file = self[path]
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }
}

/// What a program of another maker said.
package struct ToolResult: Sendable {
    package let status: Int32
    package let output: [UInt8]
    package let errors: String
    package var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs other people's tools: the judges of our formats.
package enum Tool {
    /// The repository's top folder.
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Python with the judges' packages (`Tests/requirements.txt`), as `Tests/run.sh` installs it.
    package static var python: String {
        ProcessInfo.processInfo.environment["APPARITEUR_PYTHON"]
            ?? repository.appendingPathComponent(".build/judges/bin/python").path
    }

    /// Runs `Tests/judges/<script>`.
    package static func judge(_ script: String, _ arguments: [String] = [], input: [UInt8] = []) throws -> ToolResult {
        try run(python, [repository.appendingPathComponent("Tests/judges/" + script).path] + arguments, input: input)
    }

    /// Runs a program found on PATH (or by absolute path) to its end. Throws when it can't be started.
    package static func run(
        _ program: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:], folder: URL? = nil
    ) throws -> ToolResult {
        let scratch = try TemporaryFolder()
        // Files, not pipes: a full pipe would block a tool that nobody reads.
        let inputFile = try scratch.write(input, to: "in")
        let outputFile = try scratch.write([UInt8](), to: "out")
        let errorFile = try scratch.write([UInt8](), to: "err")
        let process = try ChildProcess(
            program, arguments, input: inputFile, output: outputFile, errors: errorFile, environment: environment, folder: folder)
        return ToolResult(
            status: process.wait(),
            output: Array(try Data(contentsOf: outputFile)),
            errors: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
        )
    }
}
