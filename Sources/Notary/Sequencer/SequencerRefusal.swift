package import Ledger

/// What the sequencer has just done; tests stop it there.
package enum SequencerStep: Hashable, Sendable {
    case rowsRead
    case checkpointSigned
    /// The database has it; nothing is published.
    case checkpointSwapped
    case tileAside(Tile)
    case tileRenamed(path: String)
    case tilesWritten
    case checkpointAside
    case checkpointPublished
    case partialsRemoved
}

/// Why the sequencer doesn't work on. It never signs, nor changes a public file, in any of these states: each needs a person.
/// The text names the cause, what is safe, and the next step.
package enum SequencerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case publishedUnreadable(path: String, reason: String)
    case storedUnreadable(reason: String)
    case otherKey(where: String, ours: String, found: String)
    /// `stored`: entries under the database's checkpoint; nil: it has none.
    case publishedAhead(published: UInt64, stored: UInt64?, journal: UInt64)
    case anchoredAhead(anchored: UInt64, stored: UInt64?)
    /// A tile or bundle below the public folder is of more entries than the database has signed: the checkpoint is swapped in the database
    /// before any of its tiles is written, so no crash leaves this.
    case tilesAhead(path: String, published: UInt64, stored: UInt64)
    /// `cosigned` of the public folder is a state of ours that the database has not signed: it was published, and witnesses hold it.
    case cosignedAhead(cosigned: UInt64, stored: UInt64?)
    /// Two checkpoints of one size, with different roots.
    case publishedDiffers(size: UInt64)
    case journalTooShort(stored: UInt64, journal: UInt64)
    /// The journal's first entries are not those of a checkpoint that we signed.
    case journalDiffers(size: UInt64, published: Bool)
    case entryDamaged(seq: UInt64, reason: String)
    /// Found beside the running service, or by the start after that.
    case entryAltered(seq: UInt64)
    case tileDiffers(path: String)
    case tilesWithoutCheckpoint(path: String)
    case anotherWriter(size: UInt64)

    package var description: String {
        switch self {
        case .publishedUnreadable(let path, let reason):
            """
            The published checkpoint \(path) can't be read: \(reason). \
            The database and the tiles have not been touched. \
            Move that file aside (keep it) and start again: it is written anew from the database, which is compared with the tiles first.
            """
        case .storedUnreadable(let reason):
            """
            The checkpoint in the database can't be read: \(reason). The database is damaged. \
            The public folder has not been touched and is what everyone has seen. \
            Restore the latest backup of appariteur.db, then start again: it is compared with the public folder first.
            """
        case .otherKey(let place, let ours, let found):
            """
            \(place) belongs to another signing key. keys/ledger.key has \(ours), but found there: \
            \(found.trimmingSuffix(while: \.isNewline)). Nothing has been signed or published. \
            Put the ledger's own key file back from the backup of keys/ and start again; \
            for a ledger with a new key, begin with an empty data folder and another ledger name.
            """
        case .publishedAhead(let published, let stored, let journal):
            """
            The published checkpoint covers \(entries(published)), but the database has signed \
            \(stored.map(entries) ?? "nothing") and holds \(entries(journal)): \
            the database is older than the public folder, as after the restoration of an old backup. \
            Nothing has been signed or published; the public folder is whole, and its last entries can be read in its tile/entries. \
            \(restore(published))
            """
        case .anchoredAhead(let anchored, let stored):
            """
            A checkpoint of \(entries(anchored)) has been anchored (anchors/\(anchored)), but the database has signed \
            \(stored.map(entries) ?? "nothing"): database and public folder are both older than what has been anchored. \
            Nothing has been signed or published. \(restore(anchored))
            """
        case .tilesAhead(let path, let published, let stored):
            """
            The public folder has \(path), which is of \(entries(published)), but the database has signed only \(entries(stored)): \
            tiles are written only after the database has signed, so the database is older than the public folder, \
            as after the restoration of an old backup. Nothing has been signed or published; the public folder is whole, \
            and its last entries can be read in its tile/entries. Leave all its files where they are. \(restore(published))
            """
        case .cosignedAhead(let cosigned, let stored):
            """
            The public folder's cosigned checkpoint covers \(entries(cosigned)), signed by our key and by witnesses, but the database has \
            signed \(stored.map(entries) ?? "nothing"): database and public folder are both older than what witnesses have seen. \
            Nothing has been signed or published. Leave the file `cosigned` where it is. \(restore(cosigned))
            """
        case .publishedDiffers(let size):
            """
            The database and the public folder have different signed checkpoints of the same size, \(entries(size)): \
            two programs have written with this key, or one of the two was replaced. \
            Nothing more has been signed or published. Keep a copy of both, and restore the database and the public folder from \
            backups that belong together; if both checkpoints were seen by others, the ledger has contradicted itself: say so publicly, \
            and go on under another ledger name.
            """
        case .journalTooShort(let stored, let journal):
            """
            The database has signed \(entries(stored)), but its journal holds only \(journal): rows were lost or removed. \
            Nothing has been signed or published. Restore the latest backup of appariteur.db, then start again.
            """
        case .journalDiffers(let size, let published):
            """
            The journal's first \(entries(size)) are not those of the \(published ? "published checkpoint" : "checkpoint in the database"): \
            an entry was altered after it was signed. Nothing has been signed or published; the public folder still has the entries \
            as they were signed. Run “appariteur ledger audit” to see which entry differs, restore the latest backup of appariteur.db from \
            before the change, then start again.
            """
        case .entryDamaged(let seq, let reason):
            """
            Entry \(seq) of the journal is damaged: \(reason). It has not been signed, nor anything after it. \
            Restore the latest backup of appariteur.db, then start again; if the disk is failing, move the data folder first.
            """
        case .entryAltered(let seq):
            """
            Entry \(seq) of the journal is not the one that was signed and published: it was altered afterwards. \
            Nothing more is signed or published; the public folder still has the entry as it was signed. \
            Run “appariteur ledger audit” to see all that differs, restore the latest backup of appariteur.db from before the change, \
            then start again: that start compares every entry first.
            """
        case .tileDiffers(let path):
            """
            \(path) exists with other content than the journal gives: the file is damaged, or the folder belongs to another ledger. \
            It has not been replaced. When the published checkpoint is this ledger's, move that file aside (keep it) and start again: \
            it is written anew from the journal, and the whole is compared with the signed checkpoint.
            """
        case .tilesWithoutCheckpoint(let path):
            """
            \(path) has tiles, but neither it nor the database has a checkpoint: the folder belongs to another database. \
            Nothing has been changed. Restore the database that belongs to it, or give this one an empty public folder.
            """
        case .anotherWriter(let size):
            """
            Another program has signed or published a checkpoint (\(entries(size))) while this one was running: \
            two must never write one ledger. Nothing has been lost. Stop the other one (or make sure that it has ended), then start again.
            """
        }
    }

    private func entries(_ count: UInt64) -> String { count == 1 ? "1 entry" : "\(count) entries" }

    private func restore(_ size: UInt64) -> String {
        """
        Restore the newest backup of appariteur.db, one that holds at least \(entries(size)), and start again. \
        Don't delete the public folder: a ledger that begins again with fewer entries contradicts what was published and anchored. \
        If there is no such backup, keep everything as evidence and go on with an empty data folder under another ledger name.
        """
    }
}

extension String {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, matches(last) { text.removeLast() }
        return text
    }
}
