import Foundation
import TestSupport

/// A run of `StoreCrashProbe`, built beside the tests.
struct ProbeProcess {
    struct Ended {
        let status: Int32
        let wasKilled: Bool
        /// Each line's words.
        let lines: [[String]]
        let errors: String

        func lines(_ first: String) -> [[String]] { lines.filter { $0.first == first }.map { Array($0.dropFirst()) } }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Beside the running test program.
    static func program() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let probe = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("StoreCrashProbe").path
        guard FileManager.default.isExecutableFile(atPath: probe) else { throw Missing(description: "no StoreCrashProbe at \(probe)") }
        return probe
    }

    /// Runs it to its end, whatever that is. `wrapper`: a program in front of it (`strace …`).
    static func run(_ arguments: [String], wrapper: [String] = []) async throws -> Ended {
        let folder = try TemporaryFolder()
        let output = try folder.write("", to: "out")
        let errors = try folder.write("", to: "err")
        let words = wrapper + [try program()] + arguments
        let process = try ChildProcess(words[0], Array(words.dropFirst()), output: output, errors: errors)
        let status = try await aside { process.wait() }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return Ended(
            status: status, wasKilled: status > 128,
            lines: text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) },
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
}
