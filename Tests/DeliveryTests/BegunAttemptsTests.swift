import Delivery
import Foundation
import Store
import TestSupport
import Testing

@Suite("What had begun to leave")
struct BegunAttemptsTests {
    private func attempt(_ id: Int64, _ number: Int = 1) -> LeasedAttempt { LeasedAttempt(id: MessageID(rawValue: id), attempt: number) }

    @Test("is what the next process reads, until all is recorded")
    func remembered() throws {
        let folder = try TemporaryFolder()
        let file = folder["begun"]
        #expect(BegunAttempts(file: file).recall() == nil, "nobody knows")
        let begun = BegunAttempts(file: file)
        begun.restart()
        #expect(BegunAttempts(file: file).recall() == [])
        #expect(begun.begin(attempt(7)) && begun.begin(attempt(9, 3)))
        #expect(BegunAttempts(file: file).recall() == [attempt(7), attempt(9, 3)])
        begun.restart()
        #expect(begun.begin(attempt(9, 4)))
        #expect(BegunAttempts(file: file).recall() == [attempt(9, 4)])
    }

    @Test("is not known after another start of the system, or from a file that isn't whole")
    func unknown() throws {
        let folder = try TemporaryFolder()
        let file = folder["begun"]
        let begun = BegunAttempts(file: file)
        begun.restart()
        #expect(begun.begin(attempt(7)))
        let text = try String(contentsOf: file, encoding: .utf8)
        for other in [
            text.replacing("boot ", with: "boot 0"), String(text.dropLast()), text + "8", text + "8 x\n", text + "8 1 1\n",
            String(text.drop { $0 != "\n" }), "",
        ] {
            try Data(other.utf8).write(to: file)
            #expect(BegunAttempts(file: file).recall() == nil, "\(other)")
        }
        try Data(text.utf8).write(to: file)
        #expect(BegunAttempts(file: file).recall() == [attempt(7)])
    }

    @Test("where it can't be written, there is no file that says otherwise")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        // A folder that isn't there: it can't be made.
        let begun = BegunAttempts(file: folder["nowhere/begun"])
        begun.restart()
        #expect(begun.begin(attempt(7)))
        // A file system that is full: what stands in the place of the file takes nothing.
        try FileManager.default.createSymbolicLink(atPath: folder["begun"].path, withDestinationPath: "/dev/full")
        let full = BegunAttempts(file: folder["begun"])
        full.restart()
        #expect(full.begin(attempt(7)))
        #expect(full.recall() == nil)
        // Something that can neither be written nor removed, nor says anything.
        try FileManager.default.createDirectory(at: folder["folder"], withIntermediateDirectories: false)
        let other = BegunAttempts(file: folder["folder"])
        other.restart()
        #expect(other.begin(attempt(7)) && other.recall() == nil)
    }
}
