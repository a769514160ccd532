import ArgumentParser
import Council
import Foundation
import Gateway
import Store

/// Convenes elected members by e-mail, keeps the receipts, publishes the register.
///
/// Exit status: 0 well, 1 the answer is no, 2 wrong usage or configuration, or a register that refuses to run.
@main
struct Appariteur: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "appariteur",
        abstract: Terminal.text(
            "Convocations par courriel, accusés de réception, et leur registre public.",
            "Convocations by e-mail, receipts, and their public register."),
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, InitCommand.self, ServeCommand.self, CheckCommand.self, DoctorCommand.self, MembersCommand.self,
            SittingsCommand.self,
            ReceiptsCommand.self, ProofCommand.self, VerifyCommand.self, LedgerCommand.self, WitnessCommand.self, KeysCommand.self,
            EraseCommand.self,
        ]
    )

    static func main() async {
        var running: any ParsableCommand.Type = Self.self
        do {
            var command = try parseAsRoot()
            running = type(of: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let answer as Answer {
            Self.exit(withError: answer.code)
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess || code == .validationFailure || error is CleanExit {
                // Of the command that was asked for: its usage is what helps, not the root's.
                let text = running.fullMessage(for: error)
                FileHandle(fileDescriptor: code.isSuccess ? 1 : 2).write(Data((text.isEmpty ? "" : text + "\n").utf8))
                Self.exit(withError: code.isSuccess ? ExitCode.success : ExitCode(2))
            }
            Terminal.complain(Terminal.words(error))
            Self.exit(withError: ExitCode(error is StorageError ? 1 : 2))
        }
    }
}

/// How a command ends when it is not well; what to say has been said.
struct Answer: Error {
    let code: ExitCode

    /// The answer is no.
    static let no = Answer(code: ExitCode(1))
    /// Wrong usage or configuration.
    static let wrong = Answer(code: ExitCode(2))
}

enum Terminal {
    static let language = Bilingual.Language()

    static func text(_ french: String, _ english: String) -> String { language == .french ? french : english }

    /// A number with its noun: `1 séance`, `2 séances`. French has the singular for none, too.
    static func count(_ number: Int, _ french: (one: String, many: String), _ english: (one: String, many: String)) -> String {
        language == .french
            ? "\(number) \(number < 2 ? french.one : french.many)" : "\(number) \(number == 1 ? english.one : english.many)"
    }

    /// A moment as people write it, in the authority's zone.
    static func moment(_ date: Date, _ zone: TimeZone) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        let clock = String(format: "%02d:%02d", parts.hour ?? 0, parts.minute ?? 0)
        return "\(CivilDate(of: date, in: zone)) \(clock)"
    }

    /// At once, also into a pipe: `print` would keep progress back.
    static func say(_ french: String, _ english: String) { out(text(french, english)) }

    static func out(_ parts: String..., separator: String = " ", terminator: String = "\n") {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((parts.joined(separator: separator) + terminator).utf8))
        } catch {
            // Who reads is gone (`| head`), or the disk is full. SIGPIPE, ignored for libcurl's sake, doesn't end us.
            Foundation.exit(1)
        }
    }

    /// What a failure says, in this terminal's language.
    static func words(_ error: any Error) -> String { Bilingual.words(of: error).text(language) }

    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    static func complain(_ french: String, _ english: String) { complain(text(french, english)) }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        out(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns as wide as their widest cell; the last one is not padded.
    static func table(_ rows: [[String]]) {
        // Names and replies come from outside: none of them moves the cursor.
        let rows = rows.map { $0.map(\.printable) }
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            out(cells.joined(separator: "  "))
        }
    }
}

extension ArgumentHelp {
    /// Help in the terminal's language.
    static func words(_ french: String, _ english: String) -> ArgumentHelp { ArgumentHelp(Terminal.text(french, english)) }
}

extension ValidationError {
    init(_ french: String, _ english: String) { self.init(Terminal.text(french, english)) }
}
