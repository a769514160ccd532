import Council
import Foundation
import Ledger
import Store

/// All that the register's pages show, as of one moment.
struct RegisterSnapshot: Hashable, Sendable {
    struct Head: Hashable, Sendable {
        let size: UInt64
        /// Base64, as in the checkpoint.
        let root: String
        let origin: String
        /// When its file was written; nil: not published yet. Shown to the hour only.
        let publishedAt: Date?
    }

    /// Not begun yet, the next first.
    let upcoming: [PublicSitting]
    /// Begun, the latest first.
    let past: [PublicSitting]
    let head: Head?
    let journalSize: UInt64
    let anchors: AnchorSummary

    var sittings: [PublicSitting] { upcoming + past }

    /// The one that stands in this one's place, once its convocations are approved; where the last of them was cancelled itself, that one.
    func replacement(of id: SittingID) -> PublicSitting? {
        var (last, known): (PublicSitting?, Set<SittingID>) = (nil, [id])
        while let next = sittings.first(where: { $0.sitting.draft.replaces?.id == last?.sitting.id ?? id }),
            known.insert(next.sitting.id).inserted
        {
            last = next
        }
        return last
    }

    /// It ended because it is held on another date, which is not cancelled.
    func isMoved(_ sitting: PublicSitting) -> Bool {
        sitting.sitting.state == .cancelled && replacement(of: sitting.sitting.id).map { $0.sitting.state != .cancelled } ?? false
    }

    func sitting(_ id: SittingID) -> PublicSitting? { sittings.first { $0.sitting.id == id } }

    /// Entries that no checkpoint covers yet.
    var uncovered: UInt64 { journalSize - min(journalSize, head?.size ?? 0) }

    func covers(_ seq: UInt64) -> Bool { seq < head?.size ?? 0 }
}

extension PublicSitting {
    var publicDocuments: [Document] { sitting.draft.publicDocuments }

    /// Sent, and replaced since: what was sent stays at the register.
    var formerDocuments: [Document] { sitting.draft.superseded.filter { !$0.confidential } }

    var confidentialDocuments: [Document] { sitting.draft.documents.filter(\.confidential) }

    func isConfidential(_ item: AgendaItem) -> Bool { sitting.draft.isConfidential(item) }
}
