import Foundation

/// Postfix's master under a shell that ends it when told to, or when the test's process is gone: the shell reads a pipe
/// whose other end the test holds, and a pipe's end is certain, whatever kills the test.
final class PostfixProcess: Sendable {
    private let shell: Process
    private let hold: FileHandle
    private let lock: URL

    init(configuration: URL) throws {
        lock = configuration.appendingPathComponent("spool/pid/master.pid")
        let pipe = Pipe()
        shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [
            "-c", #"/usr/lib/postfix/sbin/master -c "$0" </dev/null & read -r _; kill -TERM $!; wait $!"#, configuration.path,
        ]
        shell.standardInput = pipe
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        hold = pipe.fileHandleForWriting
    }

    func end() {
        // Closing twice, or a process that is gone already, is no fault here.
        try? hold.close()
        shell.waitUntilExit()
    }

    func reload() {
        let text = (try? String(contentsOf: lock, encoding: .utf8)) ?? ""
        if let pid = pid_t(text.trimmingCharacters(in: .whitespaces.union(.newlines))) { kill(pid, SIGHUP) }
    }
}
