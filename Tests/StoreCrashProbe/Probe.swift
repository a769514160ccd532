import Council
import Foundation
import Store
import Synchronization
import TestSupport

/// A process of its own over a data folder, for the store's tests: it says on its output what it was told is done, each
/// line after the call that did it has returned, and is killed, traced or run beside another one.
///
///     StoreCrashProbe serve FOLDER SEED LINES   works as the service does; kills itself (SIGKILL) soon after LINES lines
///     StoreCrashProbe click FOLDER SEED         opens every link once, in an order of its own, and ends
///     StoreCrashProbe post FOLDER COUNT WIDTH   posts COUNT notices, WIDTH at a time, and ends
///     StoreCrashProbe hold FOLDER               takes the folder's lock, says so, and ends when its input does
///     StoreCrashProbe add FOLDER FILE           adds a file to a document store, and says hash, size and its peak memory (kB)
@main
struct Probe {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { return say("usage: StoreCrashProbe serve|click|post|hold|add FOLDER …") }
        let folder = URL(fileURLWithPath: arguments[2], isDirectory: true)
        let numbers = arguments.dropFirst(3).compactMap { UInt64($0) }
        switch (arguments[1], numbers.count) {
        case ("serve", 2): try await Service(folder: folder, seed: numbers[0], lines: numbers[1]).run()
        case ("click", 1): try await click(folder, seed: numbers[0])
        case ("post", 2): try await post(folder, count: numbers[0], width: numbers[1])
        case ("hold", 0): try hold(folder)
        case ("add", 0): try add(URL(fileURLWithPath: arguments[3]), to: folder)
        default: say("usage: StoreCrashProbe serve|click|post|hold|add FOLDER …")
        }
    }

    /// One line, in one write, so that a kill can't cut it.
    static func say(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = write(1, line, line.count)
    }

    private static func click(_ folder: URL, seed: UInt64) async throws {
        let storage = try TestStorage.open(folder)
        var generator = SeededGenerator(seed: seed)
        let links = try await Links(storage).all.shuffled(using: &generator)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in 0..<16 {
                group.addTask {
                    for link in stride(from: start, to: links.count, by: 16).map({ links[$0] }) {
                        let access = Access(link: link, at: Sample.now, grade: .person, signals: [], document: nil)
                        let result = try await storage.record(access)
                        say("access \(link) person \(result == .recorded ? "recorded" : "repeated")")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func post(_ folder: URL, count: UInt64, width: UInt64) async throws {
        let storage = try TestStorage.open(folder)
        await withTaskGroup(of: Void.self) { group in
            for first in 0..<width {
                group.addTask {
                    for number in stride(from: first, to: count, by: Int(width)) {
                        do {
                            try await storage.post(.rejected(name: "\(number)", reason: "probe \(getpid())"), at: Sample.now)
                            say("posted \(number)")
                        } catch {
                            say("failed \(number): \(error)")
                        }
                    }
                }
            }
        }
    }

    private static func add(_ file: URL, to root: URL) throws {
        let (hash, size) = try DocumentStore(root: root).add(contentsOf: file)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first ?? "?"
        say("added \(hash) \(size) \(peak)")
    }

    private static func hold(_ folder: URL) throws {
        let lock = try DataFolderLock(folder: folder)
        say("held \(getpid())")
        _ = FileHandle.standardInput.availableData
        withExtendedLifetime(lock) {}
    }
}

/// The links of the sample convocations, by their numbers.
struct Links: Sendable {
    let all: [UInt64]

    init(_ storage: any Storage) async throws {
        var all: [UInt64] = []
        for sitting in try await storage.sittings() {
            for status in try await storage.status(of: sitting.id) where status.member.entry.service == .electronic {
                all += (0..<(sitting.draft.documents.count + 1)).map { Sample.linkID(status.id, $0) }
            }
        }
        self.all = all
    }
}
