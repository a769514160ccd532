import Foundation

/// Two processes may add cosignatures to the public folder at once: who reads last writes last.
enum WitnessLock {
    static func held<Value>(on folder: String, _ work: () throws -> Value) throws -> Value {
        let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw PublicFileFault("opening", folder) }
        // Closing it is unlocking it.
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw PublicFileFault("locking", folder) }
        }
        return try work()
    }
}
