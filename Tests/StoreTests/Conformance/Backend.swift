import Foundation
import Store
import TestSupport
import Testing

/// One way to keep what the product remembers. The conformance suite runs on each of `all`: another backend is added here
/// and must pass everything in this folder.
struct Backend: Sendable, CustomTestStringConvertible {
    /// One opened, empty store, whose data stay until `end`.
    struct Opened: Sendable {
        let storage: any Storage
        /// Opens the same data once more, as another process or a restart would.
        let reopen: @Sendable () throws -> any Storage
        let end: @Sendable () -> Void
    }

    let name: String
    let open: @Sendable () throws -> Opened

    var testDescription: String { name }

    static let all = [
        Backend(name: "SQLite") {
            let test = try TestStorage()
            return Opened(storage: test.storage, reopen: { try test.reopened() }, end: { withExtendedLifetime(test) {} })
        }
    ]
}
