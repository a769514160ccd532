package import Foundation

/// A program that runs beside a test and is stopped, by its own process, when the value goes. It says that it is ready by
/// writing a file.
package final class BackgroundProgram: Sendable {
    package struct DidNotStart: Error, CustomStringConvertible {
        package let description: String
    }

    private let process: Process
    /// Its input ends with this value, and with the test's process however that ends: programs of ours stop then.
    private let lifeline = Pipe()
    private let errors: URL

    /// Starts it; errors go to `errors`.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], errors: URL) throws {
        process = Process()
        self.errors = errors
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        try Data().write(to: errors)
        process.standardInput = lifeline.fileHandleForReading
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { stop() }

    /// Asks it to end and waits until it has.
    package func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// Looks every 50 ms until `ready` answers something; throws with what the program complained of when it ends before,
    /// or after `seconds`.
    package func wait<Value>(seconds: Int = 30, for ready: () throws -> Value?) throws -> Value {
        for _ in 0..<(seconds * 20) {
            if let value = try ready() { return value }
            if !process.isRunning { break }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let words = String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self)
        throw DidNotStart(description: "\(process.arguments ?? []): not ready. \(words.suffix(2000))")
    }

    /// The port that the program wrote into a file when it was ready.
    package func port(in file: URL) throws -> Int {
        try wait { (try? String(contentsOf: file, encoding: .utf8)).flatMap { Int($0) } }
    }
}
