package import Foundation
package import Store
import Synchronization

/// Which leased messages' bodies have begun to leave: what tells, after the process was killed, what may be at the relay from what
/// was waiting for a connection.
///
/// One line an attempt, written before the first byte of the body, and not synced: what the system has taken outlives a process,
/// not the machine. So the file begins with the number of the system's start, and says nothing after another one; then all that
/// was leased is in doubt.
///
///     boot 5b1e…-…
///     1234 1
package final class BegunAttempts: Sendable {
    private enum State {
        case open(Int32)
        /// There is no file, so that all that is leased is in doubt at the next start.
        case none
        /// There is one that can neither be written nor removed: the next start would believe it.
        case stuck
    }

    private let path: String
    private let state = Mutex(State.none)

    package init(file: URL) { path = file.path }

    deinit {
        state.withLock { state in if case .open(let number) = state { close(number) } }
    }

    /// What the last run had begun; nil: nobody knows.
    package func recall() -> Set<LeasedAttempt>? {
        guard let header = Self.header, let text = try? String(contentsOfFile: path, encoding: .utf8),  // None: nobody knows.
            text.hasPrefix(header), text.hasSuffix("\n")
        else { return nil }
        var begun: Set<LeasedAttempt> = []
        for line in text.dropFirst(header.count).split(separator: "\n") {
            let numbers = line.split(separator: " ")
            guard numbers.count == 2, let id = Int64(numbers[0]), let attempt = Int(numbers[1]) else { return nil }
            begun.insert(LeasedAttempt(id: MessageID(rawValue: id), attempt: attempt))
        }
        return begun
    }

    /// Forgets all: nothing is leased. Also the way out of a disk that was full.
    package func restart() {
        state.withLock { state in
            if case .open = state {} else if let number = Self.create(path) { state = .open(number) }
            guard case .open(let number) = state else { return drop(&state) }
            guard let header = Self.header, ftruncate(number, 0) == 0, Self.write(header, to: number) else { return drop(&state) }
        }
    }

    /// Called before the first byte of the body. False: it must not leave.
    package func begin(_ leased: LeasedAttempt) -> Bool {
        state.withLock { state in
            if case .open(let number) = state, !Self.write("\(leased.id) \(leased.attempt)\n", to: number) { drop(&state) }
            if case .stuck = state { return false }
            return true
        }
    }

    private func drop(_ state: inout State) {
        if case .open(let number) = state { close(number) }
        state = unlink(path) == 0 || errno == ENOENT || recall() == nil ? .none : .stuck
    }

    private static func create(_ path: String) -> Int32? {
        let number = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        return number >= 0 ? number : nil
    }

    private static func write(_ line: String, to number: Int32) -> Bool {
        var line = line
        return line.withUTF8 { Foundation.write(number, $0.baseAddress, $0.count) == $0.count }
    }

    /// Nil: the system doesn't say when it started.
    private static let header: String? = {
        // Not Linux, or no /proc: nobody knows.
        guard let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8) else { return nil }
        return "boot \(text.trimmingCharacters(in: .whitespacesAndNewlines))\n"
    }()
}
