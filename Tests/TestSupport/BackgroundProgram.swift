package import Foundation

/// A program that runs beside a test and is killed, by its own process, when the value goes. It says that it is ready by
/// writing a file. Its input stays open meanwhile, and ends with the test's process however that ends: programs of ours
/// stop then.
package final class BackgroundProgram: Sendable {
    package struct DidNotStart: Error, CustomStringConvertible {
        package let description: String
    }

    private let child: ChildProcess
    private let words: String
    private let errors: URL

    /// What it says goes to the file `errors`.
    package init(_ program: String, _ arguments: [String], errors: URL) throws {
        self.errors = errors
        words = ([program] + arguments).joined(separator: " ")
        child = try ChildProcess(program, arguments, output: errors, holdsInput: true)
    }

    /// Kills it and waits until it is gone.
    package func stop() {
        child.kill(SIGKILL)
        child.wait()
    }

    /// For one that has been asked to end.
    package func waitUntilEnd() { child.wait() }

    /// Looks every 50 ms until `ready` answers something; throws with what the program complained of when it ends before,
    /// or after `seconds`.
    @discardableResult
    package func wait<Value>(seconds: Int = 60, for ready: () throws -> Value?) throws -> Value {
        for _ in 0..<(seconds * 20) {
            if let value = try ready() { return value }
            if hasEnded { break }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let said = String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self)
        throw DidNotStart(description: "\(words): not ready. \(said.suffix(2000))")
    }

    /// Asked without reaping it: that is `child`'s.
    private var hasEnded: Bool {
        var info = siginfo_t()
        info.si_signo = 0
        return waitid(P_PID, id_t(child.pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_signo != 0
    }

    /// The port that the program wrote into a file when it was ready.
    package func port(in file: URL) throws -> Int {
        try wait { (try? String(contentsOf: file, encoding: .utf8)).flatMap { Int($0) } }
    }
}
