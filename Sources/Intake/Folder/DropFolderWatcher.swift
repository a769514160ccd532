import Dispatch
import Foundation
import Glibc
import Synchronization

/// Rings the bell when something is dropped. Only the drop folder itself is watched: what changes inside a folder that was
/// seen once is found by looking again. Lost events don't matter, since each one only means “look”.
final class DropFolderWatcher {
    private let source: any DispatchSourceRead
    private let watched: FileID
    private let ended: Ended

    /// Set from the queue of events.
    private final class Ended: Sendable {
        let value = Mutex(false)
    }

    /// Nil where the system offers no inotify, or the folder is not there: the rescan must do.
    init?(_ url: URL, bell: Bell) {
        guard let id = Self.id(of: url) else { return nil }
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let events = UInt32(IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
        guard inotify_add_watch(descriptor, url.path, events | UInt32(IN_ONLYDIR)) >= 0 else {
            close(descriptor)
            return nil
        }
        watched = id
        let ended = Ended()
        self.ended = ended
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "appariteur.intake.watch"))
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            // Emptied, or the descriptor stays readable.
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { break }
                if Self.endsWatch(buffer[..<count]) { ended.value.withLock { $0 = true } }
            }
            bell.ring()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }

    /// Whether this folder is still the one that is watched: its watch may have ended, another file system may have been
    /// mounted over it, or it was removed and made again.
    func isWatching(_ url: URL) -> Bool { !ended.value.withLock { $0 } && Self.id(of: url) == watched }

    /// Each event: watch, mask, cookie and length of the name as 32-bit words, then the name. After an overflow nothing needs
    /// to be done but to look, which every event leads to.
    private static func endsWatch(_ events: ArraySlice<UInt8>) -> Bool {
        let word = { (offset: Int) in (0..<4).reduce(UInt32(0)) { $0 | UInt32(events[offset + $1]) << (8 * UInt32($1)) } }
        var offset = events.startIndex
        while offset + 16 <= events.endIndex {
            if word(offset + 4) & UInt32(IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { return true }
            offset += 16 + Int(word(offset + 12))
        }
        return false
    }

    private static func id(of url: URL) -> FileID? {
        var status = stat()
        return stat(url.path, &status) == 0 ? FileStatus(status).id : nil
    }
}
