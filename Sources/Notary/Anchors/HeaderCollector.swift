import Council
import Foundation
import Logging

/// Keeps the headers of the blocks that proofs lead to, from the node where one is configured: the proof of a calendar needs them
/// as much as the node's own.
///
/// Nothing is recorded in the database: what is missing is seen in the folder. A crash leaves a header whole, or missing and asked
/// for by the next process. A header that a reorganisation took out of the chain later stays: the proof beside it leads there.
struct HeaderCollector: Sendable {
    let folder: AnchorFolder
    let client: NodeClient
    let network: ChainNetwork
    /// Depth at which a block counts as there to stay.
    let confirmations: Int
    let clock: WallClock
    let patience: AnchorSettings.Patience
    let logger: Logger
    /// Sizes whose headers are wanted.
    private let queue = RetryQueue<UInt64>()

    init(
        _ node: AnchorSettings.Node, folder: AnchorFolder, clock: WallClock, patience: AnchorSettings.Patience, logger: Logger
    ) {
        self.folder = folder
        client = NodeClient(url: node.url, wallet: node.wallet, credentials: node.credentials)
        network = node.network
        confirmations = node.confirmations
        self.clock = clock
        self.patience = patience
        self.logger = logger
    }

    /// What of these, and of those before, has no header yet. A fault of the node is logged, not thrown; throws when the folder fails.
    func collect(_ changed: [UInt64]) async throws {
        await queue.add(changed, anew: true)
        // Newest first: it covers most.
        for size in await queue.due(at: clock.now()).sorted(by: >) {
            do {
                let wanted = try missing(size)
                if wanted.isEmpty {
                    await queue.finished(size)
                } else if try await keep(wanted, of: size) {
                    await queue.finished(size)
                } else {
                    await queue.postpone(size, at: clock.now(), patience)
                }
            } catch let fault as NodeFault {
                if case .cancelled = fault { throw CancellationError() }
                await queue.postpone(size, at: clock.now(), patience)
                logger.debug("no block header yet", metadata: ["size": "\(size)", "fault": "\(fault)"])
                // What the node doesn't answer for one it doesn't for the next.
                return
            }
        }
    }

    /// What the proof of this size leads to, without the heights whose headers are there.
    private func missing(_ size: UInt64) throws -> [OpenTimestamps.Attested] {
        // A proof that can't be read is the audit's affair.
        guard let bytes = try folder.read("body.ots", of: size),
            let attested = try? OpenTimestamps.DetachedProof(parsing: bytes).attested()
        else { return [] }
        return try attested.filter { found in
            guard case .bitcoin(let height) = found.attestation, found.message.count == 32 else { return false }
            return try folder.read(KeptHeader.file(height), of: size) == nil
        }
    }

    /// True: all of them are kept.
    private func keep(_ wanted: [OpenTimestamps.Attested], of size: UInt64) async throws -> Bool {
        let chain = try await client.chain()
        guard chain.network == network else { return false }
        var isWhole = true
        for height in Set(wanted.map(\.attestation).compactMap(\.height)).sorted() {
            guard height <= chain.height, chain.height - height + 1 >= UInt64(confirmations) else {
                isWhole = false
                continue
            }
            let kept = KeptHeader(height: height, header: try await client.header(at: height), network: network)
            if let fault = kept.fault(beside: wanted) {
                isWhole = false
                // Deep enough to stay, and another block than the proof leads to: the calendar's claim is false (or of another network).
                logger.error(
                    "the node's block is not one that a proof can rest on: see who attested it",
                    metadata: ["size": "\(size)", "height": "\(height)", "fault": "\(fault.rawValue)"])
            } else {
                try folder.write(kept.bytes, as: KeptHeader.file(height), of: size)
            }
        }
        return isWhole
    }
}

extension OpenTimestamps.Attestation {
    /// Of the block; nil: none yet.
    var height: UInt64? { if case .bitcoin(let height) = self { height } else { nil } }
}
