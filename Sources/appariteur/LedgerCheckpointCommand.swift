import ArgumentParser
import Foundation
import Gateway
import Ledger

extension LedgerCommand {
    struct Checkpoint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Le point de contrôle publié, tel que signé.", "The published checkpoint, as signed."))
        @OptionGroup var ledger: LedgerOptions
        @OptionGroup var format: FormatOptions

        func run() async throws {
            let folder = try ledger.dataFolder.appendingPathComponent("ledger")
            let text = try String(contentsOf: folder.appendingPathComponent("checkpoint"), encoding: .utf8)
            guard format.json else { return Terminal.out(text, terminator: "") }
            let key = try NoteVerifierKey(parsing: try Audit.text(folder.appendingPathComponent("vkey")))
            let cosigned = folder.appendingPathComponent("cosigned")
            let note = FileManager.default.fileExists(atPath: cosigned.path) ? Array(try Data(contentsOf: cosigned)) : nil
            try Terminal.json(
                Row(state: try State(Array(text.utf8), key), cosigned: try note.map { try State($0, key) }))
        }

        /// What is signed, checked against the key beside it, and what witnesses cosigned last.
        private struct Row: Encodable {
            let state: State
            let cosigned: State?

            enum CodingKeys: String, CodingKey { case cosigned }

            func encode(to encoder: any Encoder) throws {
                try state.encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(cosigned, forKey: .cosigned)
            }
        }

        private struct State: Encodable {
            let origin: String
            let size: UInt64
            /// In base64, as it stands in the note.
            let root: String
            let signatures: [Line]
            let note: String

            init(_ bytes: [UInt8], _ key: NoteVerifierKey) throws {
                let read = try UnverifiedCheckpoint(parsing: bytes)
                let checkpoint = try read.verified(by: key)
                origin = checkpoint.checkpoint.origin
                size = checkpoint.size
                root = Data(checkpoint.root).base64EncodedString()
                signatures = read.note.signatures.map(Line.init)
                note = String(decoding: bytes, as: UTF8.self)
            }
        }

        private struct Line: Encodable {
            let name: String
            /// Four bytes in hexadecimal, as in a key's text.
            let keyID: String

            init(_ signature: NoteSignature) {
                name = signature.name
                keyID = signature.keyID.map { String(format: "%02x", $0) }.joined()
            }
        }
    }
}
