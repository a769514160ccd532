import Dispatch
package import Foundation

/// Runs blocking work on a thread of its own. On a machine with two cores, two tests that wait for a tool on the tasks'
/// threads would stop every server that answers that tool.
package func aside<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Swift.Result { try work() }) }
    }
}

extension URL {
    /// Waits until this file's content ends so: what a program says when it is ready. Throws after a minute.
    package func says(_ end: String) async throws {
        struct Silent: Error, CustomStringConvertible {
            let description: String
        }
        for _ in 0..<1200 {
            if let data = try? Data(contentsOf: self), String(decoding: data, as: UTF8.self).hasSuffix(end) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Silent(description: "\(path) doesn't say \(end.debugDescription)")
    }
}
