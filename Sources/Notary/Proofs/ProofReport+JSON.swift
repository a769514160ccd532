import Council
import Foundation
package import Ledger
import Store

extension ProofReport.Statement {
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
        case .cosigned(let size, let witness, let since):
            ("cosigned", ["size": .integer(Int64(clamping: size)), "witness": .string(witness), "since": .instant(since)])
        case .cosignatureUnchecked(let size, let witness):
            ("cosignature-unchecked", ["size": .integer(Int64(clamping: size)), "witness": .string(witness)])
        case .counted(let counts):
            (
                "counted",
                ["entries": .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .integer(Int64($0.value))) }))]
            )
        case .headerHolds(let size, let height, let block, let network, let minedAt, let workBits):
            (
                "header-holds",
                [
                    "size": .integer(Int64(clamping: size)), "height": .integer(Int64(clamping: height)), "block": .string(block),
                    "network": network.map { .string($0.rawValue) } ?? nil, "minedAt": .instant(minedAt),
                    "workBits": .integer(Int64(workBits)),
                ]
            )
        case .block(let size, let height, let root):
            ("block", ["size": .integer(Int64(clamping: size)), "height": .integer(Int64(clamping: height)), "merkleRoot": .string(root)])
        case .calendarPending(let size, let calendar):
            ("calendar-pending", ["size": .integer(Int64(clamping: size)), "calendar": .string(calendar)])
        case .notAnchored(let size): ("not-anchored", ["size": .integer(Int64(clamping: size))])
        case .closed(let count): ("closed", ["entries": .integer(Int64(count))])
        case .groupingClaimed: ("grouping-claimed", [:])
        case .receiptUncounted(let seq, let doubt): ("receipt-uncounted", Self.doubt(doubt, of: seq))
        case .receiptsClosed(let seqs): ("receipts-closed", ["entries": .array(seqs.map { .integer(Int64(clamping: $0)) })])
        case .timesRunBack(let count, let seq, let at, let other, let whose):
            ("times-run-back", Self.times(count, seq, at, ["after": .integer(Int64(clamping: other)), "afterAt": .instant(whose)]))
        case .olderThanStamp(let count, let seq, let at, let size, let stampedAt):
            ("older-than-stamp", Self.times(count, seq, at, ["size": .integer(Int64(clamping: size)), "stamped": .instant(stampedAt)]))
        case .stampedLate(let count, let seq, let at, let size, let stampedAt):
            ("stamped-late", Self.times(count, seq, at, ["size": .integer(Int64(clamping: size)), "stamped": .instant(stampedAt)]))
        case .newerThanStamp(let count, let seq, let at, let size, let stampedAt):
            ("newer-than-stamp", Self.times(count, seq, at, ["size": .integer(Int64(clamping: size)), "stamped": .instant(stampedAt)]))
        case .clockIsAuthoritys: ("clock-is-authoritys", [:])
        case .choiceIsMakers: ("choice-is-makers", [:])
        case .instructionsUnsealed: ("instructions-unsealed", [:])
        case .instructionsDiffer(let names): ("instructions-differ", ["files": .array(names.map { .string($0) })])
        case .pageDiffers: ("page-differs", ["files": .array([.string(ProofLayout.verifierPage)])])
        case .giveKey: ("give-key", [:])
        case .giveDocument: ("give-document", [:])
        case .giveRoots: ("give-roots", [:])
        case .giveWitnesses(let names): ("give-witnesses", ["witnesses": .array(names.map { .string($0) })])
        case .noWitness: ("no-witness", [:])
        case .checkBlock(let height, let root):
            ("check-block", ["height": .integer(Int64(clamping: height)), "merkleRoot": .string(root)])
        case .askAgainLater: ("ask-again-later", [:])
        }
    }

    private static func times(_ count: Int, _ seq: UInt64, _ at: Date, _ others: [String: JSON]) -> [String: JSON] {
        others.merging(["entries": .integer(Int64(count)), "seq": .integer(Int64(clamping: seq)), "at": .instant(at)]) { $1 }
    }

    private static func doubt(_ doubt: ReceiptDoubt, of seq: UInt64) -> [String: JSON] {
        var fields: [String: JSON] = ["seq": .integer(Int64(clamping: seq))]
        switch doubt {
        case .letter(let kind): fields.merge(["why": "letter", "letter": .string(kind)]) { $1 }
        case .afterCancellation(let other): fields.merge(["why": "cancelled", "by": .integer(Int64(clamping: other))]) { $1 }
        case .takenBack(let other): fields.merge(["why": "withdrawn", "by": .integer(Int64(clamping: other))]) { $1 }
        }
        return fields
    }

    private static func token(_ size: UInt64, _ authority: String, _ signer: String, _ at: Date) -> [String: JSON] {
        [
            "size": .integer(Int64(clamping: size)), "authority": .string(authority), "signer": .string(signer), "at": .instant(at),
        ]
    }
}

extension ProofReport {
    /// What `appariteur verify --json` prints.
    package var json: JSON {
        [
            "v": 1, "holds": true, "subject": subject.json, "edition": edition.map { .string($0.rawValue) } ?? nil,
            "origin": .string(origin), "key": .string(key.description),
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
        if let cosigned { fields["cosigned"] = .integer(Int64(clamping: cosigned)) }
        if let notAfter { fields["notAfter"] = .instant(notAfter) }
        return .object(fields)
    }
}

extension JSON {
    /// RFC 3339 in UTC, to the second.
    static func instant(_ date: Date) -> JSON { .string(date.formatted(.iso8601)) }
}
