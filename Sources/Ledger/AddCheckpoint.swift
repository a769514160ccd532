/// What a ledger asks of a witness (c2sp.org/tlog-witness, `add-checkpoint`): to cosign a checkpoint that continues the one it
/// cosigned last. As it came: neither the signature nor the proof has been checked.
package struct AddCheckpointRequest: Hashable, Sendable {
    /// Entries under the checkpoint that the witness is thought to have cosigned last; 0: none.
    package let oldSize: UInt64
    /// From `oldSize` to the checkpoint's size (RFC 6962 §2.1.2); at most 63 hashes of 32 bytes.
    package let proof: [[UInt8]]
    package let checkpoint: UnverifiedCheckpoint

    package static let maximumProof = 63
    /// A note of the largest size, and what stands before it.
    package static let maximumBytes = UnverifiedNote.maximumBytes + 4096

    package init(oldSize: UInt64, proof: [[UInt8]], checkpoint: UnverifiedCheckpoint) throws(AddCheckpointError) {
        guard proof.count <= Self.maximumProof else { throw .malformed("more than \(Self.maximumProof) lines of proof") }
        guard proof.allSatisfy({ $0.count == Merkle.hashSize }) else { throw .malformed("a hash has 32 bytes") }
        self.oldSize = oldSize
        self.proof = proof
        self.checkpoint = checkpoint
    }

    /// The request's body: its old size, the proof a hash a line, an empty line, the signed note.
    package var text: [UInt8] {
        let lines = ["old \(oldSize)"] + proof.map(Base64.encode)
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.note.bytes
    }

    /// Takes exactly what `text` writes. The checkpoint may have extension lines.
    package init(parsing bytes: [UInt8]) throws(AddCheckpointError) {
        guard bytes.count <= Self.maximumBytes else { throw .malformed("more than \(Self.maximumBytes) bytes") }
        guard let (head, note) = NoteHead.split(bytes) else { throw .malformed("no empty line before the checkpoint, or not UTF-8") }
        var lines = head
        guard let first = lines.popFirst(), first.hasPrefix("old "), let size = Decimal.parse(first.dropFirst("old ".count)) else {
            throw .malformed("the first line is not “old” and a plain number")
        }
        guard lines.count <= Self.maximumProof else { throw .malformed("more than \(Self.maximumProof) lines of proof") }
        guard let proof = NoteHead.hashes(lines) else { throw .malformed("a line of the proof is not a SHA-256 hash in base64") }
        let checkpoint: UnverifiedCheckpoint
        do {
            checkpoint = try UnverifiedCheckpoint(parsing: note, extensions: true)
        } catch {
            throw .checkpoint(error)
        }
        try self.init(oldSize: size, proof: proof, checkpoint: checkpoint)
    }
}

package enum AddCheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case checkpoint(CheckpointError)

    package var description: String {
        switch self {
        case .malformed(let why): "not an add-checkpoint request: \(why)"
        case .checkpoint(let error): "\(error)"
        }
    }
}

/// The body of a witness's `409 Conflict`: how many entries it cosigned last (`text/x.tlog.size`).
package enum TreeSizeText {
    package static let mediaType = "text/x.tlog.size"

    package static func encode(_ size: UInt64) -> [UInt8] { Array("\(size)\n".utf8) }

    /// Nil unless it is a plain number and a newline.
    package static func decode(_ bytes: [UInt8]) -> UInt64? {
        // Of the bytes, not of the text: there CR and LF are one character.
        guard bytes.last == 0x0A, let text = String(validating: bytes.dropLast(), as: UTF8.self) else { return nil }
        return Decimal.parse(text)
    }
}
