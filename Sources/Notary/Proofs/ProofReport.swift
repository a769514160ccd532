package import Council
package import Foundation
package import Ledger
package import Store

/// What a proof that holds says: entries, and statements about them graded by how much they can be relied on.
package struct ProofReport: Hashable, Sendable {
    /// One entry of the ledger.
    package struct Fact: Hashable, Sendable {
        package let seq: UInt64
        package let type: FactType
        /// As the public leaf has it: RFC 3339, to the hour where it concerns one member.
        package let at: String
        package let event: String?
        package let sitting: SittingID?
        package let document: ContentHash?
        /// The document is named by the public leaf itself.
        let namesDocument: Bool
        /// What was committed to, opened and checked; nil: closed.
        package let opened: JSON?
        /// Size of the checkpoint that it stands under.
        package let checkpoint: UInt64
        /// Size of the later, cosigned checkpoint that it stands under, too; nil: none.
        package let cosigned: UInt64?
        /// An authority, a block or enough witnesses that the verifier trusts had seen such a checkpoint at this instant; nil: none.
        package internal(set) var notAfter: Date?
    }

    package let subject: ProofSubject
    /// For whom the file says that it was made, and nothing in it gainsays; nil: it doesn't say.
    package let edition: Edition?
    /// The ledger's name.
    package let origin: String
    /// The key that signed.
    package let key: NoteVerifierKey
    /// In the ledger's order.
    package let facts: [Fact]
    package let statements: [Statement]

    /// All of it existed at this instant at the latest, as an authority that the verifier trusts attests; nil: not for all.
    package var notAfter: Date? {
        let known = facts.compactMap(\.notAfter)
        return known.count == facts.count ? known.max() : nil
    }
}

extension ProofReport {
    package enum Standing: String, Hashable, Sendable, CaseIterable {
        /// What could mislead who reads the file itself: told before anything else. The proof holds all the same.
        case warning
        /// Follows from mathematics and from keys that the verifier gave.
        case proven
        /// Somebody says so; who, stands in the statement.
        case claimed
        /// What would make the proof stronger.
        case advice
    }

    package enum Statement: Hashable, Sendable {
        /// That many entries are in the ledger, under checkpoints signed with the key.
        case included(Int)
        /// The contents behind that many entries are the ones committed to.
        case opened(Int)
        /// The key given by the verifier is the one that signed.
        case keyMatches
        /// The document given by the verifier is the one recorded.
        case documentMatches(ContentHash)
        /// A trusted authority saw the checkpoint.
        case timestamped(size: UInt64, authority: String, signer: String, at: Date)
        /// That token's certificate has ended since; that many renewals, each in time, carry it to `until`.
        case timestampRenewed(size: UInt64, authority: String, count: Int, until: Date)
        /// A trusted authority saw this very file.
        case sealed(signer: String, at: Date)
        /// The header of the block of that height, as the verifier got it, has the merkle root that the proof leads to. `minedAt`
        /// is what its miner wrote, right to within two hours; `network` nil: the source doesn't say.
        case blockConfirmed(
            size: UInt64, height: UInt64, block: String, network: ChainNetwork?, minedAt: Date, origin: KnownBlocks.Origin)

        /// A witness whose key the verifier gave had seen that state by then, by its clock.
        case cosigned(size: UInt64, witness: String, since: Date)
        /// How many entries of each kind there are, in an edition that doesn't open them.
        case counted([FactType: Int])
        /// A header in the file has the merkle root that the proof leads to, and the work that it names was done: at least
        /// 2^`workBits` hashes. That the block is in the chain it can't show.
        case headerHolds(size: UInt64, height: UInt64, block: String, network: ChainNetwork?, minedAt: Date, workBits: Int)

        /// A line of a witness whose key wasn't given.
        case cosignatureUnchecked(size: UInt64, witness: String)
        /// The key is the one in the file: whose it is, the file can't prove.
        case keyFromFile
        /// A token holds under the root that the file brings along: whether that root deserves trust is not known.
        case timestampedByOwnRoot(size: UInt64, authority: String, signer: String, at: Date)
        case sealedByOwnRoot(signer: String, at: Date)
        /// A token chains to no known root.
        case timestampUnchecked(size: UInt64, authority: String, why: String)
        case sealUnchecked(why: String)
        /// A token's certificate has ended at `end`, and nothing that the verifier knows has renewed it.
        case timestampExpired(size: UInt64, authority: String, signer: String, at: Date, end: Date)
        case sealExpired(signer: String, at: Date, end: Date)
        /// A certificate behind a token was taken back.
        case timestampRevoked(size: UInt64, authority: String, signer: String, at: Date, subject: String, revokedAt: Date)
        /// Bitcoin's block of that height has this merkle root (as explorers write it), if the calendar told the truth.
        case block(size: UInt64, height: UInt64, merkleRoot: String)
        /// The verifier's source of headers has none of that height.
        case blockUnknown(height: UInt64, origin: KnownBlocks.Origin)
        /// The calendar has the checkpoint and hasn't reached a block.
        case calendarPending(size: UInt64, calendar: String)
        /// Nothing outside vouches for that checkpoint.
        case notAnchored(size: UInt64)
        /// That the closed entries are all one convocation's only the file's maker says.
        case groupingClaimed
        /// That many entries stay closed: withheld, or erased for good.
        case closed(Int)
        /// Times inside entries are the authority's own.
        case clockIsAuthoritys
        /// Who made the file chose its entries: later ones may exist.
        case choiceIsMakers
        /// Nothing covers the file's instructions (LISEZMOI, README, VERIFIER.html): the file isn't sealed.
        case instructionsUnsealed
        /// These instructions are missing, or are not those of this program's version.
        case instructionsDiffer([String])
        /// A receipt that isn't counted as the convocation's.
        case receiptUncounted(UInt64, ReceiptDoubt)
        /// Receipts that are closed: whether they are counted as the convocation's, nobody can tell from the file.
        case receiptsClosed([UInt64])
        /// That many entries claim an earlier time than one before them in the register; the first of them, and that one.
        case timesRunBack(Int, seq: UInt64, at: Date, after: UInt64, whose: Date)
        /// That many entries come after the register had received a state's timestamp, and claim to be older than it; the first of them,
        /// and that state.
        case olderThanStamp(Int, seq: UInt64, at: Date, size: UInt64, stampedAt: Date)
        /// That many entries come after a state, and claim to be older than its timestamp, which may have come late.
        case stampedLate(Int, seq: UInt64, at: Date, size: UInt64, stampedAt: Date)
        /// That many entries are in a state, and claim to be younger than its timestamp; the first of them, and that state.
        case newerThanStamp(Int, seq: UInt64, at: Date, size: UInt64, stampedAt: Date)
        /// The page in the file, which would tell in a browser whether the file holds, is not the one that this version makes.
        case pageDiffers

        case giveKey
        case giveDocument
        case giveRoots
        /// Those that have cosigned, by name.
        case giveWitnesses([String])
        /// None has cosigned.
        case noWitness
        case checkBlock(height: UInt64, merkleRoot: String)
        case askAgainLater
    }
}

extension ProofReport.Statement {
    package var standing: ProofReport.Standing {
        switch self {
        case .included, .opened, .keyMatches, .documentMatches, .timestamped, .timestampRenewed, .sealed, .blockConfirmed, .cosigned,
            .counted, .headerHolds:
            .proven
        case .keyFromFile, .timestampedByOwnRoot, .sealedByOwnRoot, .timestampUnchecked, .sealUnchecked, .timestampExpired, .sealExpired,
            .timestampRevoked, .block, .blockUnknown, .calendarPending, .notAnchored, .closed, .groupingClaimed, .clockIsAuthoritys,
            .choiceIsMakers,
            .instructionsUnsealed, .cosignatureUnchecked, .stampedLate:
            .claimed
        case .instructionsDiffer, .pageDiffers, .receiptUncounted, .receiptsClosed, .timesRunBack, .olderThanStamp, .newerThanStamp:
            .warning
        case .giveKey, .giveDocument, .giveRoots, .giveWitnesses, .noWitness, .checkBlock, .askAgainLater: .advice
        }
    }
}

extension ProofReport {
    /// Of the blocks that the proof names and that nobody has looked at.
    package var blockHeights: Set<UInt64> {
        Set(statements.compactMap { if case .block(_, let height, _) = $0 { height } else { nil } })
    }
}
