package import Curl
import Foundation
package import Ledger

/// What one look at a ledger found, all of it checked.
package enum WatchSight: Hashable, Sendable {
    case first(size: UInt64)
    case unchanged(size: UInt64)
    /// The ledger of before, and entries after it.
    case grown(from: UInt64, to: UInt64)
}

/// The ledger is not what it was: the answer is no, and what was kept proves it.
package enum WatchAlarm: Error, Hashable, Sendable {
    /// Two signed states contradict each other. `evidence`: the folder with both.
    case fork(old: UInt64, new: UInt64, evidence: String)
    /// A signed state with fewer entries than one seen before.
    case shrunk(old: UInt64, new: UInt64, evidence: String)
    /// What is published as checkpoint is not signed by this key, or is of another ledger.
    case notSigned(String)
    /// The tiles don't have the root of the signed checkpoint. `evidence`: the folder in which that checkpoint is kept; nil: not yet.
    case tilesDiffer(size: UInt64, evidence: String? = nil)
}

/// Nothing could be found out, this time.
package enum WatchFault: Error, Hashable, Sendable {
    case unreachable(url: String, reason: String)
    case status(url: String, Int)
    /// Something else than a signed checkpoint: a proxy's page, for instance.
    case notACheckpoint(url: String, reason: String)
    case otherLedger(folder: String, found: String)
    case damagedState(path: String, reason: String)
}

/// Follows a ledger (c2sp.org/tlog-tiles) over HTTP: each new checkpoint must be signed, have the root of the published tiles, and
/// begin with all that was seen before.
package struct LedgerWatcher: Sendable {
    private let url: String
    private let key: NoteVerifierKey
    private let state: WatchState
    private let http: HTTPClient

    /// `url`: what `/checkpoint` and `/tile/…` are added to.
    package init(url: String, key: NoteVerifierKey, state: WatchState, http: HTTPClient) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.key = key
        self.state = state
        self.http = http
    }

    /// One look. Throws `WatchAlarm` or `WatchFault`, or the fault of the state's folder. The state goes forward only, and only
    /// over what was checked; evidence is durable before the alarm is thrown.
    package func look() async throws -> WatchSight {
        // What came damaged over the network comes right the second time.
        do { return try await lookOnce() } catch WatchAlarm.tilesDiffer { return try await lookOnce(isLast: true) }
    }

    private func lookOnce(isLast: Bool = false) async throws -> WatchSight {
        let last = try state.last()
        let new = try await checkpoint()
        if let last, last.size == new.size, last.root == new.root { return .unchanged(size: new.size) }
        if let last, last.size == new.size {
            throw WatchAlarm.fork(old: last.size, new: new.size, evidence: try state.keep(last, new, as: "fork"))
        }
        if let last, new.size < last.size {
            throw WatchAlarm.shrunk(old: last.size, new: new.size, evidence: try state.keep(last, new, as: "shrunk"))
        }
        do {
            try await checkTree(of: new, after: last)
        } catch WatchAlarm.tilesDiffer(let size, _) where isLast {
            // What was signed is kept: beside the state of that size which everyone else is shown, it proves a fork.
            throw WatchAlarm.tilesDiffer(size: size, evidence: try state.keep(unproven: new))
        }
        try state.record(new)
        return last.map { .grown(from: $0.size, to: new.size) } ?? .first(size: new.size)
    }

    private func checkpoint() async throws -> VerifiedCheckpoint {
        let place = url + "/checkpoint"
        let answer = try await get(place)
        guard answer.status == 200 else { throw WatchFault.status(url: place, answer.status) }
        do throws(CheckpointError) {
            return try UnverifiedCheckpoint(parsing: answer.body, extensions: true).verified(by: key)
        } catch {
            switch error {
            case .note(.malformed), .malformed: throw WatchFault.notACheckpoint(url: place, reason: "\(error)")
            default: throw WatchAlarm.notSigned("\(error)")
            }
        }
    }

    /// The tiles have the signed root: so every hash that leads to it is the ledger's. Then the old root must follow from them, too.
    private func checkTree(of new: VerifiedCheckpoint, after last: VerifiedCheckpoint?) async throws {
        let tiles = try await tiles(for: new.size, after: last?.size ?? 0)
        let path: [[UInt8]]
        let root: [UInt8]
        do {
            var hashes = TileHashes(size: new.size) { tile in
                guard let bytes = tiles[tile] else { throw WatchAlarm.tilesDiffer(size: new.size) }
                return bytes
            }
            guard try hashes.root() == new.root else { throw WatchAlarm.tilesDiffer(size: new.size) }
            guard let last else { return }
            path = try hashes.consistencyProof(from: last.size)
            var before = TileHashes(size: last.size) { try Self.beginning(of: $0, in: tiles, size: new.size) }
            root = try before.root()
            // The proof has hashes from below the right edge, too: they must be of this tree.
            try Merkle.verifyConsistency(from: last.size, root: root, to: new.size, root: new.root, path: path)
        } catch is TileError {
            throw WatchAlarm.tilesDiffer(size: new.size)
        } catch is ProofError {
            throw WatchAlarm.tilesDiffer(size: new.size)
        }
        guard let last, root != last.root else { return }
        // The tiles hold together and have the new root, and their first entries are not those that were signed before.
        let evidence = try state.keep(last, new, as: "fork", proof: [root] + path)
        throw WatchAlarm.fork(old: last.size, new: new.size, evidence: evidence)
    }

    /// A tile of the smaller tree is the beginning of the larger one's in its place.
    private static func beginning(of tile: Tile, in tiles: [Tile: [UInt8]], size: UInt64) throws -> [UInt8] {
        guard let covering = Tile.covering(tile.content, index: tile.index, treeSize: size), let bytes = tiles[covering],
            bytes.count >= tile.width * Merkle.hashSize
        else { throw WatchAlarm.tilesDiffer(size: size) }
        return Array(bytes.prefix(tile.width * Merkle.hashSize))
    }

    /// The tiles that the new root, the old one and the proof between them are made of: found out by making them of nothing, fetched,
    /// each of its length.
    private func tiles(for size: UInt64, after old: UInt64) async throws -> [Tile: [UInt8]] {
        var needed: Set<Tile> = []
        let note: (Tile) -> [UInt8] = { tile in
            if let covering = Tile.covering(tile.content, index: tile.index, treeSize: size) { needed.insert(covering) }
            return [UInt8](repeating: 0, count: tile.width * Merkle.hashSize)
        }
        var hashes = TileHashes(size: size, fetch: note)
        _ = try hashes.root()
        if old > 0 { _ = try hashes.consistencyProof(from: old) }
        var before = TileHashes(size: old, fetch: note)
        _ = try before.root()
        var tiles: [Tile: [UInt8]] = [:]
        for tile in needed.sorted(by: { $0.path < $1.path }) { tiles[tile] = try await bytes(of: tile, size: size) }
        return tiles
    }

    /// A partial tile may be gone once the full one is there, which begins with it (c2sp.org/tlog-tiles).
    private func bytes(of tile: Tile, size: UInt64) async throws -> [UInt8] {
        let places = tile.isFull ? [tile] : [tile, tile.full]
        for place in places {
            let answer = try await get(url + "/" + place.path)
            if answer.status == 404, place != places.last { continue }
            guard answer.status == 200 else { throw WatchFault.status(url: url + "/" + place.path, answer.status) }
            guard answer.body.count == place.byteCount else { throw WatchAlarm.tilesDiffer(size: size) }
            return Array(answer.body.prefix(tile.width * Merkle.hashSize))
        }
        throw WatchFault.status(url: url + "/" + tile.path, 404)
    }

    private func get(_ place: String) async throws -> HTTPClient.Answer {
        do {
            return try await http.get(place)
        } catch {
            if error.kind == .cancelled { throw CancellationError() }
            throw WatchFault.unreachable(url: place, reason: error.words)
        }
    }
}
