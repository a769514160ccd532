import GRDB

/// What the storage's engine says of a failure, without the statement it was at.
package enum StorageFault {
    package static func words(_ error: any Error) -> String {
        guard let fault = error as? DatabaseError else { return "\(error)" }
        return "SQLite \(fault.resultCode.rawValue): \(fault.message ?? "?")"
    }
}
