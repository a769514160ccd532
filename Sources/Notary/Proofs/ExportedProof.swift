package import Council
import Store

package struct ExportedProof: Hashable, Sendable {
    package enum Warning: Hashable, Sendable {
        /// That many entries are so recent that no checkpoint covers them; they are not in the proof.
        case notYetSigned(Int)
        /// The authority didn't stamp the file; why.
        case notSealed(String)
        /// `cosigned` of the public folder is no checkpoint of this ledger; why. The proof is without it.
        case cosignedUnusable(String)
        /// A block's header was left out; which, and why.
        case headerUnusable(_ file: String, String)
        /// The source of blocks gave nothing; why.
        case noBlocks(Bilingual)
        /// A receipt in the proof that isn't counted as the convocation's; which entry, and why.
        case receiptUncounted(UInt64, ReceiptDoubt)
    }

    /// The file: `.asice`, a ZIP archive.
    package let archive: [UInt8]
    package let facts: Int
    package let warnings: [Warning]
}

package enum ProofExportError: Error, Hashable, Sendable, CustomStringConvertible {
    case nothingRecorded(ProofSubject)
    /// Entries exist, but no checkpoint covers any of them yet.
    case notYetSigned
    /// A checkpoint's files are not where they should be.
    case incompleteAnchor(UInt64)
    /// A citizen's edition about a document that is confidential.
    case confidential(ContentHash)
    /// A member's edition about something that is not one member's.
    case noMemberNamed

    package var description: String {
        switch self {
        case .nothingRecorded(.document(let hash)): "no entry is about the document \(hash)"
        case .nothingRecorded(.convocation(let id)): "no entry is about the convocation \(id), or they were erased"
        case .nothingRecorded(.sitting(let id)), .nothingRecorded(.unnamedConvocation(let id)): "no entry is about the sitting \(id)"
        case .notYetSigned: "the entries are not under a signed checkpoint yet: try again in a moment"
        case .confidential(let hash): "the document \(hash) is confidential: there is no citizen's edition about it"
        case .noMemberNamed: "a member's edition is about one member's convocation"
        case .incompleteAnchor(let size): "anchors/\(size)/checkpoint or body is missing in the ledger's folder"
        }
    }
}

extension ProofSubject {
    var query: JournalQuery {
        switch self {
        case .document(let hash): JournalQuery(types: [.documentReceived], document: hash)
        case .convocation(let id): JournalQuery(convocation: id)
        case .sitting(let id), .unnamedConvocation(let id): JournalQuery(sitting: id)
        }
    }
}
