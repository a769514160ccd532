package import Council
import Foundation
package import Ledger
import Store

/// A Chainpoint v2 receipt: that a hash is in a Bitcoin transaction's OP_RETURN output.
///
/// Chainpoint knows one step, the SHA-256 of two hashes side by side; the way from a document to `body` has others (RFC 9162's
/// prefixes, the checkpoint's text). So the receipt says of `body` alone, truly and completely: `targetHash` and `merkleRoot`
/// are SHA-256(`body`), with no step between. That the document stands under `body` is what the proof (`.asice`) shows.
package struct ChainpointReceipt: Hashable, Sendable {
    /// Of the checkpoint anchored.
    package let size: UInt64
    /// SHA-256 of its `body`.
    package let target: ContentHash
    package let network: String
    /// As explorers write it.
    package let transaction: String

    package var json: JSON {
        [
            "@context": "https://w3id.org/chainpoint/v2", "type": "ChainpointSHA256v2", "targetHash": .string(target.hex),
            "merkleRoot": .string(target.hex), "proof": [],
            "anchors": [["type": "BTCOpReturn", "sourceId": .string(transaction)]],
        ]
    }
}

package enum ChainpointError: Error, Hashable, Sendable, CustomStringConvertible {
    case nothingRecorded(ContentHash)
    /// No checkpoint over it has its transaction in a block that is deep enough.
    case notYetInABlock
    /// `body` is missing, or is not what was paid for.
    case otherBody(UInt64)

    package var words: Bilingual {
        switch self {
        case .nothingRecorded(let hash):
            Bilingual("aucune inscription ne porte sur le document \(hash)", "no entry is about the document \(hash)")
        case .notYetInABlock:
            Bilingual(
                "aucun état du registre qui le couvre n'est encore dans un bloc par le nœud (anchors.node)",
                "no checkpoint that covers it is in a block through the node yet (anchors.node)")
        case .otherBody(let size):
            Bilingual(
                "anchors/\(size)/body manque ou n'est pas ce que la transaction porte : appariteur ledger audit",
                "anchors/\(size)/body is missing or is not what the transaction carries: appariteur ledger audit")
        }
    }

    package var description: String { words.english }
}

extension ProofExporter {
    /// The receipt of the earliest checkpoint, paid and deep in the chain, that covers the document's first entry.
    package func chainpointReceipt(of document: ContentHash) async throws -> ChainpointReceipt {
        let rows = try await storage.journal(matching: ProofSubject.document(document).query)
        guard let first = rows.map(\.seq).min() else { throw ChainpointError.nothingRecorded(document) }
        return try await receipt { $0 > first }
    }

    /// Of one checkpoint.
    package func chainpointReceipt(ofCheckpoint size: UInt64) async throws -> ChainpointReceipt { try await receipt { $0 == size } }

    private func receipt(where matches: (UInt64) -> Bool) async throws -> ChainpointReceipt {
        let paid = try await storage.anchors(of: nil).filter { $0.transaction?.block != nil && matches($0.size) }
        guard let record = paid.min(by: { $0.size < $1.size }), let transaction = record.transaction else {
            throw ChainpointError.notYetInABlock
        }
        guard let body = try AnchorFolder(ledgerFolder: ledgerFolder).read("body", of: record.size) else {
            throw ChainpointError.otherBody(record.size)
        }
        let target = ContentHash(sha256Of: body)
        // One that can't be read has no such output either.
        guard let raw = try? RawTransaction(parsing: transaction.bytes), raw.around(target.bytes) != nil, raw.id == transaction.id else {
            throw ChainpointError.otherBody(record.size)
        }
        return ChainpointReceipt(size: record.size, target: target, network: transaction.network, transaction: transaction.id)
    }
}
