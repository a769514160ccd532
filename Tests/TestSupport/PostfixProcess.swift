import Foundation

/// Postfix's master under a shell that ends it when told to, or when the test's process is gone: the shell reads a pipe
/// whose other end the test holds, and a pipe's end is certain, whatever kills the test.
final class PostfixProcess: Sendable {
    /// A master that waits for its log hears no SIGTERM.
    private static let script = #"""
        /usr/lib/postfix/sbin/master -c "$0" </dev/null & master=$!
        read -r _
        kill -TERM $master
        { sleep 20; kill -KILL $master; } </dev/null >/dev/null 2>&1 & late=$!
        wait $master
        kill $late
        """#

    private let shell: ChildProcess
    private let lock: URL

    init(configuration: URL) throws {
        lock = configuration.appendingPathComponent("spool/pid/master.pid")
        shell = try ChildProcess(
            "/bin/sh",
            ["-c", Self.script, configuration.path],
            output: configuration.appendingPathComponent("master.out"), holdsInput: true)
    }

    func end() {
        shell.closeInput()
        shell.wait()
    }

    func reload() {
        let text = (try? String(contentsOf: lock, encoding: .utf8)) ?? ""  // none: it isn't running, and reads all at its start
        if let pid = pid_t(text.trimmingCharacters(in: .whitespaces.union(.newlines))) { kill(pid, SIGHUP) }
    }
}
