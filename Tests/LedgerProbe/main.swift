import Council
import Foundation
import Ledger
import Logging
import Notary
import Store
import Synchronization
import TestSupport

/// A process of its own that grows a journal and publishes it, for the ledger's fault tests: it kills itself with SIGKILL at one
/// of the sequencer's steps, or is made to meet failing system calls from outside.
///
///     LedgerProbe DATA ENTRIES STEP   adds ENTRIES entries in several passes; dies at its STEP-th step (0: never)
///
/// Says `checkpoint SIZE` after each pass that it knows to be published, and `fault …` where a pass fails.
let arguments = CommandLine.arguments
guard arguments.count == 4, let entries = UInt64(arguments[2]), let fatal = Int(arguments[3]) else {
    say("usage: LedgerProbe DATA ENTRIES STEP")
    exit(64)
}
let data = URL(fileURLWithPath: arguments[1], isDirectory: true)
let steps = Mutex(0)
do {
    let storage = try TestStorage.open(data)
    let key = try NoteSigningKey(name: "aurence.example/ledger", seed: Array(repeating: 7, count: 32))
    let sequencer = Sequencer(
        storage: storage, publicFolder: data.appendingPathComponent("ledger"), key: key,
        logger: Logger(label: "probe") { _ in SwiftLogNoOpLogHandler() }
    ) { _ in
        let count = steps.withLock { steps in
            steps += 1
            return steps
        }
        if count == fatal { kill(getpid(), SIGKILL) }
    }
    try await sequencer.start()
    for pass in 0..<entries {
        let size = try await storage.journalSize()
        // Always another roll than the last one, so that it is journalled.
        _ = try await storage.replaceRoll(with: Sample.roll(1 + Int(size % 7)), source: Sample.hash("roll \(size)"), at: Sample.now)
        if pass % 4 == 3, let checkpoint = try await sequencer.publishPending() { say("checkpoint \(checkpoint.size)") }
    }
    if let checkpoint = try await sequencer.publishPending() { say("checkpoint \(checkpoint.size)") }
    say("end")
} catch {
    say("fault \(error)")
    exit(1)
}

/// One line, in one write, so that a kill can't cut it.
func say(_ text: String) {
    let line = Array((text.replacing("\n", with: " ") + "\n").utf8)
    _ = write(1, line, line.count)
}
