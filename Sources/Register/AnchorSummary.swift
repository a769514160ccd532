import Council
import Foundation
import Store

/// What outside evidence there is, as the register shows it.
struct AnchorSummary: Hashable, Sendable {
    struct Checkpoint: Hashable, Sendable {
        let size: UInt64
        let tokens: [Token]
        let proofs: [Proof]
        /// Names of the files in `anchors/<size>/`.
        let files: [String]
    }

    struct Token: Hashable, Sendable {
        let authority: String
        let time: Date?
    }

    struct Proof: Hashable, Sendable {
        /// Or, where there is a transaction, its network.
        let calendar: String
        /// Paid for by a node of the authority's own; nil: a calendar's proof.
        let transaction: String?
        let isConfirmed: Bool
        /// In a block that a node has shown to the authority: its own transaction's, or one whose header lies beside the proof. Otherwise it
        /// is the calendar that says so.
        let isSeen: Bool
    }

    /// The latest checkpoint with any evidence.
    let latest: Checkpoint?
    /// The latest one that is confirmed in a chain, when that is an earlier one.
    let confirmed: Checkpoint?

    /// Confirmation takes hours: how many checkpoints to look back for one.
    private static let lookBack = 64

    /// From the folders that are published: what is not published is no evidence to anyone.
    static func load(from storage: any AnchorStorage, _ files: LedgerFiles) async throws -> AnchorSummary {
        let sizes = try await files.names(in: ["anchors"]).compactMap { UInt64($0) }.sorted(by: >)
        var latest: Checkpoint?
        for size in sizes.prefix(lookBack) {
            let checkpoint = try await load(size, from: storage, files)
            if checkpoint.tokens.isEmpty && checkpoint.proofs.isEmpty { continue }
            if latest == nil { latest = checkpoint }
            if checkpoint.proofs.contains(where: \.isConfirmed) {
                return AnchorSummary(latest: latest, confirmed: checkpoint.size == latest?.size ? nil : checkpoint)
            }
            // Without any proof there is none to wait for.
            if checkpoint.proofs.isEmpty { break }
        }
        return AnchorSummary(latest: latest, confirmed: nil)
    }

    private static func load(_ size: UInt64, from storage: any AnchorStorage, _ files: LedgerFiles) async throws -> Checkpoint {
        let records = try await storage.anchors(of: size)
        let names = try await files.names(in: ["anchors", String(size)]).filter(LedgerPath.isAnchorFile).sorted()
        return Checkpoint(
            size: size,
            tokens: records.filter { $0.method == .rfc3161 && $0.state == .complete }
                .map { Token(authority: $0.authority, time: TimestampTime.of(reply: $0.bytes)) },
            proofs: records.filter { $0.method != .rfc3161 && $0.state != .wanted }
                .map {
                    Proof(
                        calendar: $0.authority, transaction: $0.transaction?.id, isConfirmed: $0.state == .complete,
                        isSeen: $0.transaction != nil || names.contains { $0.hasPrefix("block-") })
                },
            files: names
        )
    }
}
