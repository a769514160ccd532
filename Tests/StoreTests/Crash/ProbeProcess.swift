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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = wrapper + [try program()] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return Ended(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            lines: text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) },
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
}
