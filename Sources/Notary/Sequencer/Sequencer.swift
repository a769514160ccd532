package import Foundation
package import Ledger
package import Logging
package import Store

/// Makes the journal's entries a published ledger. One at a time: the order of its steps is what keeps the ledger from
/// forking, so all of it is one actor, and passes wait for each other.
///
/// A pass, and what a crash after each step leaves:
///
/// 1. Rows after the last signed checkpoint are read; each leaf is hashed again and compared with the hash that was stored when
///    it was written, so that a bit that flipped since is never signed. — Nothing has changed.
/// 2. The tree is extended in memory and the checkpoint signed. — Nothing has changed; a signature that nobody has seen
///    is no promise, and the next pass signs at least these entries again.
/// 3. The checkpoint is compared-and-swapped in the database, durably. From here on it is the ledger's state: whoever was second loses
///    the swap and stops. — The database is ahead of the public folder; the start writes the missing tiles from the journal.
/// 4. Tiles and bundles are written and synced; full ones never change. — As after 3, with some tiles there already.
/// 5. `checkpoint` is replaced by rename. — The pass is done, but for 6. Readers see the old state or the new one, and all
///    tiles of both.
/// 6. Partial tiles that full ones have replaced are removed. — Some stay; they are true, and nobody needs them.
///
/// The start runs the same steps on the difference between the database's checkpoint and the published one (`recover`).
package actor Sequencer {
    let storage: any JournalStorage
    let key: NoteSigningKey
    let publisher: TilePublisher
    let logger: Logger
    let afterStep: @Sendable (SequencerStep) throws -> Void
    private let executor = BlockingExecutor(label: "appariteur.sequencer")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Where the ledger stands: what is in memory follows what is durable, never the other way round.
    struct State {
        /// Of the checkpoint of record.
        var edge: RightEdge
        var stored: StoredCheckpoint?
        var checkpoint: VerifiedCheckpoint?
    }

    /// Nil before the start, and after any fault: the next pass then finds out anew where the ledger stands.
    private var state: State?
    /// Final for this process: going on could publish a smaller checkpoint over another writer's.
    private var refusal: SequencerRefusal?
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - publicFolder: `<data>/ledger`; made when missing.
    ///   - key: the ledger's; its name is the ledger's origin.
    ///   - afterStep: called after each step; what it throws ends the pass as a fault would.
    package init(
        storage: any JournalStorage, publicFolder: URL, key: NoteSigningKey, logger: Logger,
        afterStep: @escaping @Sendable (SequencerStep) throws -> Void = { _ in }
    ) {
        self.storage = storage
        self.key = key
        self.logger = logger
        self.afterStep = afterStep
        publisher = TilePublisher(folder: publicFolder, afterStep: afterStep)
    }

    /// Entries under one checkpoint at most: bounds memory, and how much a start has to write again.
    static let entriesPerPass = 16_384
    /// Bytes of leaves at which a pass ends, at the next full bundle.
    static let bytesPerPass = 16 << 20

    /// Finds out where the ledger stands and completes what a crash left. Throws `SequencerRefusal` where a person must
    /// decide, or the disk's or database's fault. Returns the checkpoint that is now published; nil: no entry yet.
    @discardableResult
    package func start() async throws -> VerifiedCheckpoint? {
        try await alone { try await self.current().checkpoint }
    }

    /// Ends all signing and publishing of this process: something else has found that the ledger can't go on.
    func stop(for refusal: SequencerRefusal) {
        self.refusal = refusal
        state = nil
    }

    /// Publishes all entries that the journal holds now. Returns the checkpoint that was published last; nil: nothing was
    /// missing. Calls at the same time wait for each other.
    package func publishPending() async throws -> VerifiedCheckpoint? {
        try await alone {
            var published: VerifiedCheckpoint?
            var state = try await self.current(published: &published)
            while true {
                let (rows, more) = try await self.rows(from: state.edge.size)
                guard !rows.isEmpty else { return published }
                state = try await self.publish(rows, after: state)
                self.state = state
                published = state.checkpoint
                // What has come meanwhile is the next call's: else, while entries stream in, every few of them would cost a checkpoint.
                guard more else { return published }
            }
        }
    }

    private func current() async throws -> State {
        var published: VerifiedCheckpoint?
        return try await current(published: &published)
    }

    /// The state, found out when it isn't known; `published` is set when that published something.
    private func current(published: inout VerifiedCheckpoint?) async throws -> State {
        if let state { return state }
        let (state, wasBehind) = try await recover()
        self.state = state
        if wasBehind { published = state.checkpoint }
        return state
    }

    /// One pass at a time, in the order of the calls. Every fault makes the state unknown.
    func alone<T: Sendable>(_ pass: () async throws -> T) async throws -> T {
        // Whoever ends hands its turn over, so that `isBusy` stays true between the two.
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer { if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() } }
        if let refusal { throw refusal }
        do {
            return try await pass()
        } catch {
            state = nil
            if case SequencerRefusal.anotherWriter? = error as? SequencerRefusal { refusal = error as? SequencerRefusal }
            throw error
        }
    }

    /// Steps 2 to 6 for rows that were checked.
    private func publish(_ rows: [JournalRow], after state: State) async throws -> State {
        var edge = state.edge
        var files: [TileFile] = []
        for row in rows { files += try edge.append(row.leaf, leafHash: row.leafHash) }
        files += edge.partialTiles
        let checkpoint = try key.checkpoint(size: edge.size, root: edge.root)
        try afterStep(.checkpointSigned)
        let stored = StoredCheckpoint(size: checkpoint.size, note: checkpoint.note)
        guard try await storage.replaceCheckpoint(state.stored, with: stored) else {
            throw SequencerRefusal.anotherWriter(size: try await storage.checkpoint()?.size ?? 0)
        }
        try afterStep(.checkpointSwapped)
        try publisher.write(files)
        try afterStep(.tilesWritten)
        try finish(checkpoint, full: files.map(\.tile))
        return State(edge: edge, stored: stored, checkpoint: checkpoint)
    }

    /// Steps 5 and 6.
    func finish(_ checkpoint: VerifiedCheckpoint, full tiles: [Tile]) throws {
        try publisher.publish(checkpoint, key: key.verifier)
        try afterStep(.checkpointPublished)
        try publisher.removePartials(of: tiles)
        try afterStep(.partialsRemoved)
        logger.debug("checkpoint published", metadata: ["size": "\(checkpoint.size)"])
    }
}
