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
        /// What was committed to, opened and checked; nil: closed.
        package let opened: JSON?
        /// Size of the checkpoint that it stands under.
        package let checkpoint: UInt64
        /// An authority that the verifier trusts saw that checkpoint at this instant; nil: none did.
        package let notAfter: Date?
    }

    package let subject: ProofSubject
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

        case giveKey
        case giveDocument
        case giveRoots
        case checkBlock(height: UInt64, merkleRoot: String)
        case askAgainLater
    }
}

extension ProofReport.Statement {
    package var standing: ProofReport.Standing {
        switch self {
        case .included, .opened, .keyMatches, .documentMatches, .timestamped, .timestampRenewed, .sealed, .blockConfirmed: .proven
        case .keyFromFile, .timestampedByOwnRoot, .sealedByOwnRoot, .timestampUnchecked, .sealUnchecked, .timestampExpired, .sealExpired,
            .timestampRevoked, .block, .blockUnknown, .calendarPending, .notAnchored, .closed, .clockIsAuthoritys, .choiceIsMakers,
            .instructionsUnsealed, .instructionsDiffer:
            .claimed
        case .giveKey, .giveDocument, .giveRoots, .checkBlock, .askAgainLater: .advice
        }
    }

    /// What programs read.
    package var json: JSON {
        let (code, fields) = coded
        return .object(fields.merging(["standing": .string(standing.rawValue), "code": .string(code)]) { $1 })
    }

    private var coded: (String, [String: JSON]) {
        switch self {
        case .included(let count): ("included", ["entries": .integer(Int64(count))])
        case .opened(let count): ("opened", ["entries": .integer(Int64(count))])
        case .keyMatches: ("key-matches", [:])
        case .documentMatches(let hash): ("document-matches", ["document": .string(hash.hex)])
        case .timestamped(let size, let authority, let signer, let at): ("timestamped", Self.token(size, authority, signer, at))
        case .timestampRenewed(let size, let authority, let count, let until):
            (
                "timestamp-renewed",
                [
                    "size": .integer(Int64(clamping: size)), "authority": .string(authority), "renewals": .integer(Int64(count)),
                    "until": .instant(until),
                ]
            )
        case .timestampExpired(let size, let authority, let signer, let at, let end):
            ("timestamp-expired", Self.token(size, authority, signer, at).merging(["expired": .instant(end)]) { $1 })
        case .sealExpired(let signer, let at, let end):
            ("seal-expired", ["signer": .string(signer), "at": .instant(at), "expired": .instant(end)])
        case .timestampRevoked(let size, let authority, let signer, let at, let subject, let revokedAt):
            (
                "timestamp-revoked",
                Self.token(size, authority, signer, at)
                    .merging(["certificate": .string(subject), "revoked": .instant(revokedAt)]) { $1 }
            )
        case .sealed(let signer, let at): ("sealed", ["signer": .string(signer), "at": .instant(at)])
        case .blockConfirmed(let size, let height, let block, let network, let minedAt, let origin):
            (
                "block-confirmed",
                [
                    "size": .integer(Int64(clamping: size)), "height": .integer(Int64(clamping: height)), "block": .string(block),
                    "network": network.map { .string($0.rawValue) } ?? nil, "minedAt": .instant(minedAt),
                    "source": .string(origin.rawValue),
                ]
            )
        case .blockUnknown(let height, let origin):
            ("block-unknown", ["height": .integer(Int64(clamping: height)), "source": .string(origin.rawValue)])
        case .keyFromFile: ("key-from-file", [:])
        case .timestampedByOwnRoot(let size, let authority, let signer, let at):
            ("timestamped-by-own-root", Self.token(size, authority, signer, at))
        case .sealedByOwnRoot(let signer, let at): ("sealed-by-own-root", ["signer": .string(signer), "at": .instant(at)])
        case .timestampUnchecked(let size, let authority, let why):
            ("timestamp-unchecked", ["size": .integer(Int64(clamping: size)), "authority": .string(authority), "why": .string(why)])
        case .sealUnchecked(let why): ("seal-unchecked", ["why": .string(why)])
        case .block(let size, let height, let root):
            ("block", ["size": .integer(Int64(clamping: size)), "height": .integer(Int64(clamping: height)), "merkleRoot": .string(root)])
        case .calendarPending(let size, let calendar):
            ("calendar-pending", ["size": .integer(Int64(clamping: size)), "calendar": .string(calendar)])
        case .notAnchored(let size): ("not-anchored", ["size": .integer(Int64(clamping: size))])
        case .closed(let count): ("closed", ["entries": .integer(Int64(count))])
        case .clockIsAuthoritys: ("clock-is-authoritys", [:])
        case .choiceIsMakers: ("choice-is-makers", [:])
        case .instructionsUnsealed: ("instructions-unsealed", [:])
        case .instructionsDiffer(let names): ("instructions-differ", ["files": .array(names.map { .string($0) })])
        case .giveKey: ("give-key", [:])
        case .giveDocument: ("give-document", [:])
        case .giveRoots: ("give-roots", [:])
        case .checkBlock(let height, let root):
            ("check-block", ["height": .integer(Int64(clamping: height)), "merkleRoot": .string(root)])
        case .askAgainLater: ("ask-again-later", [:])
        }
    }

    private static func token(_ size: UInt64, _ authority: String, _ signer: String, _ at: Date) -> [String: JSON] {
        [
            "size": .integer(Int64(clamping: size)), "authority": .string(authority), "signer": .string(signer), "at": .instant(at),
        ]
    }
}

extension ProofReport {
    /// Of the blocks that the proof names and that nobody has looked at.
    package var blockHeights: Set<UInt64> {
        Set(statements.compactMap { if case .block(_, let height, _) = $0 { height } else { nil } })
    }

    /// What `appariteur verify --json` prints.
    package var json: JSON {
        [
            "v": 1, "holds": true, "subject": subject.json, "origin": .string(origin), "key": .string(key.description),
            "notAfter": notAfter.map { .instant($0) } ?? nil, "facts": .array(facts.map(\.json)),
            "statements": .array(statements.map(\.json)),
        ]
    }
}

extension ProofReport.Fact {
    var json: JSON {
        var fields: [String: JSON] = [
            "seq": .integer(Int64(clamping: seq)), "type": .string(type.rawValue), "at": .string(at),
            "checkpoint": .integer(Int64(clamping: checkpoint)),
        ]
        if let event { fields["event"] = .string(event) }
        if let sitting { fields["sitting"] = .string(sitting.rawValue) }
        if let document { fields["document"] = .string(document.hex) }
        if let opened { fields["opened"] = opened }
        if let notAfter { fields["notAfter"] = .instant(notAfter) }
        return .object(fields)
    }
}

extension JSON {
    /// RFC 3339 in UTC, to the second.
    static func instant(_ date: Date) -> JSON { .string(date.formatted(.iso8601)) }
}
