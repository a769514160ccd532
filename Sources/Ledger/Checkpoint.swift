/// A state of a ledger (c2sp.org/tlog-checkpoint), without extension lines.
package struct Checkpoint: Hashable, Sendable {
    /// The ledger's name, which is also its key's.
    package let origin: String
    package let size: UInt64
    /// 32 bytes.
    package let root: [UInt8]

    package init(origin: String, size: UInt64, root: [UInt8]) throws(CheckpointError) {
        guard KeyName.isValid(origin) else { throw .malformed("the origin is empty or has a space, a + or a control character") }
        guard root.count == Merkle.hashSize else { throw .malformed("a root has 32 bytes, not \(root.count)") }
        guard size > 0 || root == Merkle.emptyRoot else { throw .malformed("the root of no entries is SHA-256 of nothing") }
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The note's text: three lines.
    package var body: [UInt8] { Array("\(origin)\n\(size)\n\(Base64.encode(root))\n".utf8) }

    /// - `extensions`: other ledgers may write further lines, which say nothing about the tree; ours has none.
    package init(parsing body: [UInt8], extensions: Bool = false) throws(CheckpointError) {
        guard let text = String(validating: body, as: UTF8.self), text.utf8.last == 0x0A else {
            throw .malformed("three lines of UTF-8 are expected")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4 || extensions && lines.count > 4 else {
            throw .malformed("three lines are expected: origin, size, root (no extension lines)")
        }
        guard lines[3...].dropLast().allSatisfy({ !$0.isEmpty }) else { throw .malformed("an extension line is empty") }
        guard let size = Decimal.parse(lines[1]) else { throw .malformed("the size is not a plain number") }
        guard let root = Base64.decode(lines[2]) else { throw .malformed("the root is not base64") }
        try self.init(origin: String(lines[0]), size: size, root: root)
    }
}

package enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case note(NoteError)
    case malformed(String)
    /// Signed by the key, but for a ledger of another name.
    case otherOrigin(String)

    package var description: String {
        switch self {
        case .note(let error): "\(error)"
        case .malformed(let why): "not a checkpoint: \(why)"
        case .otherOrigin(let origin): "a checkpoint of another ledger: \(origin)"
        }
    }
}

/// A checkpoint as it came: whoever may have written it.
package struct UnverifiedCheckpoint: Hashable, Sendable {
    package let note: UnverifiedNote
    package let checkpoint: Checkpoint

    /// `extensions`: whether further lines are allowed, as other ledgers may write them.
    package init(parsing bytes: [UInt8], extensions: Bool = false) throws(CheckpointError) {
        do { note = try UnverifiedNote(parsing: bytes) } catch { throw .note(error) }
        checkpoint = try Checkpoint(parsing: note.text, extensions: extensions)
    }

    /// Checks the ledger's signature, and that the checkpoint is of the ledger which the key is named after.
    package func verified(by key: NoteVerifierKey) throws(CheckpointError) -> VerifiedCheckpoint {
        try verified(by: [key], origin: key.name)
    }

    /// The same for a ledger of any origin, by any of its keys: a ledger that changes its key has two for a time.
    package func verified(by keys: [NoteVerifierKey], origin: String) throws(CheckpointError) -> VerifiedCheckpoint {
        do { _ = try note.verified(by: keys) } catch { throw .note(error) }
        guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else { throw .otherOrigin(checkpoint.origin) }
        return VerifiedCheckpoint(checkpoint: checkpoint, note: note.bytes, body: note.text)
    }
}

/// A checkpoint that the ledger's key has signed; only signing and verifying make one.
package struct VerifiedCheckpoint: Hashable, Sendable {
    package let checkpoint: Checkpoint
    /// The signed note, as read: what is published.
    package let note: [UInt8]
    /// The note's text: what is anchored.
    package let body: [UInt8]

    package var size: UInt64 { checkpoint.size }
    package var root: [UInt8] { checkpoint.root }

    fileprivate init(checkpoint: Checkpoint, note: [UInt8], body: [UInt8]) {
        self.checkpoint = checkpoint
        self.note = note
        self.body = body
    }
}

extension NoteSigningKey {
    /// Signs the state of the ledger that this key is named after.
    package func checkpoint(size: UInt64, root: [UInt8]) throws(CheckpointError) -> VerifiedCheckpoint {
        let checkpoint = try Checkpoint(origin: verifier.name, size: size, root: root)
        let note: UnverifiedNote
        do { note = try UnverifiedNote.signed(checkpoint.body, by: self) } catch { throw .note(error) }
        // Read again and checked before anyone sees it: a bit that flipped while signing stops here.
        return try UnverifiedCheckpoint(parsing: note.bytes).verified(by: verifier)
    }
}
