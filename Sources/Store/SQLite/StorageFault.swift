import Foundation
import GRDB

/// What the storage's engine says of a failure, without the statement it was at.
package enum StorageFault {
    package static func words(_ error: any Error) -> String {
        guard let fault = error as? DatabaseError else { return "\(error)" }
        return "SQLite \(fault.resultCode.rawValue): \(fault.message ?? "?")"
    }

    /// Whether it is for want of room. Where the log's index can't grow, the engine speaks of an I/O error, as if the disk were failing.
    static func isFull(_ error: DatabaseError, at path: String) -> Bool {
        if error.resultCode == .SQLITE_FULL { return true }
        var room = statvfs()
        guard error.resultCode == .SQLITE_IOERR, statvfs(path, &room) == 0 else { return false }
        return UInt64(room.f_bavail) * UInt64(room.f_frsize) < 65_536
    }
}
