import Dispatch

/// Runs blocking work on a thread of its own. On a machine with two cores, two tests that wait for a tool on the tasks'
/// threads would stop every server that answers that tool.
package func aside<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Swift.Result { try work() }) }
    }
}
