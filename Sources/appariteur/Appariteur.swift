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
        abstract: "Convocations by e-mail, receipts, and their public register.",
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, InitCommand.self, ServeCommand.self, CheckCommand.self, MembersCommand.self, SittingsCommand.self,
            ReceiptsCommand.self, ProofCommand.self, VerifyCommand.self, LedgerCommand.self, KeysCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
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
                let text = fullMessage(for: error)
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

    /// At once, also into a pipe: `print` would keep progress back.
    static func say(_ french: String, _ english: String) { out(language == .french ? french : english) }

    static func out(_ parts: String..., separator: String = " ", terminator: String = "\n") {
        FileHandle.standardOutput.write(Data((parts.joined(separator: separator) + terminator).utf8))
    }

    /// What a failure says; Foundation's own descriptions are for programmers, so its file errors are put in words here.
    static func words(_ error: any Error) -> String {
        if let refusal = error as? StorageError { return words(refusal) }
        guard let fault = error as? CocoaError else { return "\(error)" }
        let path = fault.userInfo[NSFilePathErrorKey] as? String ?? (fault.userInfo[NSURLErrorKey] as? URL)?.path
        return [path, fault.localizedDescription].compactMap { $0 }.joined(separator: ": ")
    }

    private static func words(_ error: StorageError) -> String {
        let words =
            switch error {
            case .noSuchSitting(let id):
                Bilingual(
                    "« \(id) » : aucune séance de ce nom (voir « appariteur sittings list »).",
                    "“\(id)”: no sitting of that name (see `appariteur sittings list`).")
            case .noSuchMember(let id):
                Bilingual(
                    "\(id) : ce numéro n'est pas celui d'un élu convoqué (voir « appariteur members list »).",
                    "\(id): not the number of a convened member (see `appariteur members list`).")
            case .noSuchConvocation(let id): Bilingual("\(id) : aucune convocation de ce numéro.", "\(id): no convocation of that number.")
            case .noSuchLink: Bilingual("Ce lien n'existe pas.", "There is no such link.")
            case .wrongState(let id, let state):
                Bilingual("La séance « \(id) » est à l'état « \(state.rawValue) ».", "Sitting “\(id)” is in state “\(state.rawValue)”.")
            case .staleRevision(let current):
                Bilingual(
                    "Une épreuve plus récente existe : révision \(current). Relisez-la d'abord.",
                    "There is a newer preview: revision \(current). Read it first.")
            case .alreadyApproved(let id):
                Bilingual("Les convocations de « \(id) » sont déjà parties.", "The convocations of “\(id)” have already left.")
            case .nobodyToConvene(let body):
                Bilingual("L'instance « \(body) » n'a aucun élu actif.", "Body “\(body)” has no active member.")
            case .paperDayOutOfRange(let day, let lawful): impossiblePaperDay(day, lawful)
            case .paperServiceRecorded(let earlier): paperRecorded(earlier)
            }
        return words.text(language)
    }

    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    static func complain(_ french: String, _ english: String) { complain(language == .french ? french : english) }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        out(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns as wide as their widest cell; the last one is not padded.
    static func table(_ rows: [[String]]) {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            out(cells.joined(separator: "  "))
        }
    }
}
