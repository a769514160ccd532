/// An offline proof that an entry is in a ledger (c2sp.org/tlog-proof), as it came: believe it after `verified`.
package struct TlogProof: Hashable, Sendable {
    /// Opaque, and not covered by any signature; nil: none.
    package let extra: [UInt8]?
    package let index: UInt64
    /// From the leaf's sibling upward.
    package let path: [[UInt8]]
    package let checkpoint: UnverifiedCheckpoint

    /// Joins a proof to its checkpoint; `verified` tells whether they fit.
    package init(extra: [UInt8]? = nil, index: UInt64, path: [[UInt8]], checkpoint note: [UInt8]) throws(TlogProofError) {
        self.extra = extra
        self.index = index
        self.path = path
        do { checkpoint = try UnverifiedCheckpoint(parsing: note) } catch { throw .checkpoint(error) }
    }

    private static let header = "c2sp.org/tlog-proof@v1"

    /// The file's content (`.tlog-proof`).
    package var text: [UInt8] {
        var lines = [Self.header]
        if let extra { lines.append("extra " + Base64.encode(extra)) }
        lines.append("index \(index)")
        lines += path.map(Base64.encode)
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.note.bytes
    }

    package init(parsing bytes: [UInt8]) throws(TlogProofError) {
        guard let (head, note) = NoteHead.split(bytes) else { throw .malformed("no blank line before the checkpoint, or not UTF-8") }
        var lines = head
        guard lines.popFirst()?.utf8.elementsEqual(Self.header.utf8) == true else {
            throw .malformed("the first line is not “\(Self.header)”")
        }
        var extra: [UInt8]?
        if let line = lines.first, line.hasPrefix("extra ") {
            extra = Base64.decode(line.dropFirst("extra ".count))
            guard extra != nil else { throw .malformed("the extra data is not base64") }
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = Decimal.parse(line.dropFirst("index ".count)) else {
            throw .malformed("a line “index” with a plain number is expected")
        }
        // A tree of 2^64 leaves has paths of 64 hashes.
        guard lines.count <= 64 else { throw .malformed("more than 64 hashes") }
        guard let path = NoteHead.hashes(lines) else { throw .malformed("a line of the path is not a SHA-256 hash in base64") }
        try self.init(extra: extra, index: index, path: path, checkpoint: note)
    }

    /// Checks the ledger's signature and that the entry stands at `index` under it.
    package func verified(entry: [UInt8], key: NoteVerifierKey) throws(TlogProofError) -> VerifiedProof {
        let checkpoint: VerifiedCheckpoint
        do { checkpoint = try self.checkpoint.verified(by: key) } catch { throw .checkpoint(error) }
        do {
            try Merkle.verifyInclusion(
                of: Merkle.leafHash(entry), index: index, size: checkpoint.size, path: path, root: checkpoint.root
            )
        } catch {
            throw .inclusion(error)
        }
        return VerifiedProof(entry: entry, index: index, checkpoint: checkpoint)
    }
}

/// An entry that was proven to be in the ledger; only `TlogProof.verified` makes one.
package struct VerifiedProof: Hashable, Sendable {
    package let entry: [UInt8]
    package let index: UInt64
    package let checkpoint: VerifiedCheckpoint

    fileprivate init(entry: [UInt8], index: UInt64, checkpoint: VerifiedCheckpoint) {
        self.entry = entry
        self.index = index
        self.checkpoint = checkpoint
    }
}

package enum TlogProofError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case checkpoint(CheckpointError)
    case inclusion(ProofError)

    package var description: String {
        switch self {
        case .malformed(let why): "not a tlog-proof: \(why)"
        case .checkpoint(let error): "\(error)"
        case .inclusion(.outOfTree): "the entry's index lies beyond the checkpoint"
        case .inclusion(.wrongShape): "the path doesn't have as many hashes as this place in the tree needs"
        case .inclusion(.wrongRoot): "the entry is not the one under the checkpoint"
        }
    }
}
