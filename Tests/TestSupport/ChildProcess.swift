package import Foundation
import Synchronization

/// A program that a test starts, and can signal and kill.
///
/// Not Foundation's `Process`: that one passes on the signal mask of the thread that starts it, and a thread of the
/// cooperative pool blocks nearly every signal, so the child would never see SIGTERM or SIGCHLD; and its `waitUntilExit` can miss
/// the end of one child among several, and wait for ever.
package final class ChildProcess: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package let pid: pid_t
    private let input: Mutex<Int32?>
    private let status = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - program: by absolute path, or found on PATH.
    ///   - input: what it reads; nil: nothing.
    ///   - output: where its output and errors go; nil: nowhere.
    ///   - errors: where its errors go instead.
    ///   - environment: added to this process's.
    ///   - folder: where it starts; nil: here.
    ///   - holdsInput: its input stays open until `closeInput`, or until this process is gone.
    package init(
        _ program: String, _ arguments: [String] = [], input file: URL? = nil, output: URL? = nil, errors: URL? = nil,
        environment: [String: String] = [:], folder: URL? = nil, holdsInput: Bool = false
    ) throws {
        // A socket pair, since it can be made such that no other child inherits it, not even for a moment.
        var ends: [Int32] = [-1, -1]
        if holdsInput {
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
            else { throw Self.fault("socketpair", errno) }
        }
        defer { if ends[0] >= 0 { close(ends[0]) } }
        do {
            let files = Files(
                input: file?.path ?? "/dev/null", output: output?.path ?? "/dev/null", errors: errors?.path, folder: folder?.path)
            let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            pid = try Self.spawn(program, arguments, input: ends[0], files: files, environment: all.map { "\($0)=\($1)" })
        } catch {
            if ends[1] >= 0 { close(ends[1]) }
            throw error
        }
        input = Mutex(ends[1] >= 0 ? ends[1] : nil)
    }

    deinit {
        kill(SIGKILL)
        wait()
        closeInput()
    }

    package func kill(_ signal: Int32) {
        // Under the lock: a number that was waited for may be another process's by now.
        status.withLock { status in
            if status == nil { Foundation.kill(pid, signal) }
        }
    }

    package func closeInput() {
        input.withLock { input in
            if let open = input { close(open) }
            input = nil
        }
    }

    /// Blocks until it has ended. Its exit status, or 128 and the signal's number.
    @discardableResult
    package func wait() -> Int32 {
        // Seen without being reaped first, so that `kill` is not locked out meanwhile.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return status.withLock { status in
            if let status { return status }
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            let signal = raw & 0x7F
            let ended = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            status = ended
            return ended
        }
    }

    private struct Files {
        let input: String
        let output: String
        let errors: String?
        let folder: String?
    }

    private static func spawn(
        _ program: String, _ arguments: [String], input: Int32, files: Files, environment: [String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if input >= 0 {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let errors = files.errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // `env` goes into the folder and becomes the program.
        let command = (files.folder.map { ["env", "-C", $0] } ?? []) + [program] + arguments
        let words = command.map { strdup($0) }
        let variables = environment.map { strdup($0) }
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, words + [nil], variables + [nil])
        guard code == 0 else { throw fault("starting \(program)", code) }
        return pid
    }

    private static func fault(_ what: String, _ code: Int32) -> Fault { Fault(description: "\(what): \(String(cString: strerror(code)))") }
}
