import Council
import Foundation
import Ledger
import Store

/// Keeps what the pages show, and the pages themselves, so that a crowd costs the store one look a second and each page one
/// rendering for each change. Nothing here is truth: it can be lost at any moment.
actor RegisterCache {
    struct PageKey: Hashable, Sendable {
        let path: String
        let language: Language
    }

    private struct Held {
        var snapshot: RegisterSnapshot
        var checkedAt: ContinuousClock.Instant
        var pages: [PageKey: PublicBody] = [:]
    }

    private let storage: any RegisterReading
    private let files: LedgerFiles
    private let clock: WallClock
    private let freshness: Duration
    private var held: Held?
    private var loading: Task<RegisterSnapshot, any Error>?

    init(storage: any RegisterReading, files: LedgerFiles, clock: WallClock, freshness: Duration) {
        self.storage = storage
        self.files = files
        self.clock = clock
        self.freshness = freshness
    }

    /// The current state; visitors who come while it is being read wait for the same reading.
    func snapshot() async throws -> RegisterSnapshot {
        // The machine's own clock: this is a limit of work, not a rule about dates.
        if let held, held.checkedAt.duration(to: .now) < freshness { return held.snapshot }
        if let loading { return try await loading.value }
        let task = Task { try await reload() }
        loading = task
        defer { loading = nil }
        return try await task.value
    }

    /// A page of the current state, rendered when the state has changed since the last time.
    func page(
        _ key: PageKey, _ render: @Sendable (RegisterSnapshot) async throws -> PublicBody?
    ) async throws -> PublicBody? {
        let snapshot = try await snapshot()
        if let ready = held?.pages[key] { return ready }
        guard let page = try await render(snapshot) else { return nil }
        // Only if the state is still the one that was rendered.
        if held?.snapshot == snapshot { held?.pages[key] = page }
        return page
    }

    private func reload() async throws -> RegisterSnapshot {
        let now = clock.now()
        let checkedAt = ContinuousClock.now
        // The journal's size is read first: what is committed meanwhile shows as a change at the next look.
        let size = try await storage.journalSize()
        let sittings: [PublicSitting]
        if let held, held.snapshot.journalSize == size {
            sittings = held.snapshot.sittings
        } else {
            sittings = try await storage.publicSittings()
        }
        let snapshot = RegisterSnapshot(
            upcoming: sittings.filter { $0.sitting.draft.start > now }.sorted { Self.order($0) < Self.order($1) },
            past: sittings.filter { $0.sitting.draft.start <= now }.sorted { Self.order($0) > Self.order($1) },
            head: try await head(), journalSize: size, anchors: try await AnchorSummary.load(from: storage, files))
        if var same = held, same.snapshot == snapshot {
            same.checkedAt = checkedAt
            held = same
        } else {
            held = Held(snapshot: snapshot, checkedAt: checkedAt)
        }
        return snapshot
    }

    private static func order(_ sitting: PublicSitting) -> (Date, SittingID) { (sitting.sitting.draft.start, sitting.sitting.id) }

    private func head() async throws -> RegisterSnapshot.Head? {
        guard let stored = try await storage.checkpoint() else { return nil }
        let checkpoint = try UnverifiedCheckpoint(parsing: stored.note).checkpoint
        let published = try await files.modified(.checkpoint)
        return RegisterSnapshot.Head(
            size: checkpoint.size, root: Data(checkpoint.root).base64EncodedString(), origin: checkpoint.origin, publishedAt: published)
    }
}
