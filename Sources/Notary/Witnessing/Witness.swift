package import Council
import Foundation
package import Ledger
package import Logging

/// A ledger that the witness watches.
package struct WitnessedLog: Hashable, Sendable {
    package let origin: String
    /// Any of them may sign.
    package let keys: [NoteVerifierKey]

    package init(origin: String, keys: [NoteVerifierKey]) {
        self.origin = origin
        self.keys = keys
    }
}

/// What the witness answers (c2sp.org/tlog-witness).
package enum WitnessAnswer: Hashable, Sendable {
    /// 200: our signature line.
    case cosigned(line: String)
    /// 400
    case malformed(String)
    /// 403
    case unsigned
    /// 404
    case unknownLog
    /// 409, with the size that was cosigned last.
    case conflict(size: UInt64)
    /// 422
    case inconsistent
    /// 503: our memory or our clock can't be relied on just now.
    case unavailable

    package var status: Int {
        switch self {
        case .cosigned: 200
        case .malformed: 400
        case .unsigned: 403
        case .unknownLog: 404
        case .conflict: 409
        case .inconsistent: 422
        case .unavailable: 503
        }
    }
}

/// Cosigns other authorities' registers (c2sp.org/tlog-witness 1.0). For one ledger it never signs two states of one size, nor a
/// state that doesn't continue the last one, whatever happens to this process or is asked at once.
///
/// An actor, so that looking at the last state, checking, and recording are one step; on a thread of its own, since syncing takes
/// milliseconds. The order:
///
/// 1. The request is checked against the recorded state. — Nothing has changed.
/// 2. The checkpoint is cosigned in memory. — Nobody has seen it.
/// 3. It is recorded, with the cosignature, and synced. — From here on it is what was cosigned last. A crash here: the ledger never got
///    its answer; it asks again, is told the new size, and gets a cosignature of the same state.
/// 4. The answer is given.
package actor Witness {
    private let key: CosigningKey
    private let logs: [WitnessedLog]
    private let state: WitnessStateFolder
    private let clock: WallClock
    private let logger: Logger
    private let executor = BlockingExecutor(label: "appariteur.witness")

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// `state` must be of this key.
    package init(key: CosigningKey, logs: [WitnessedLog], state: WitnessStateFolder, clock: WallClock, logger: Logger) {
        self.key = key
        self.logs = logs
        self.state = state
        self.clock = clock
        self.logger = logger
    }

    /// Answers one `add-checkpoint` request. The checks are in the specification's order.
    package func answer(_ body: [UInt8]) -> WitnessAnswer {
        let request: AddCheckpointRequest
        do throws(AddCheckpointError) { request = try AddCheckpointRequest(parsing: body) } catch { return .malformed("\(error)") }
        let origin = request.checkpoint.checkpoint.origin
        guard let log = log(origin) else { return .unknownLog }
        let checkpoint: VerifiedCheckpoint
        do throws(CheckpointError) {
            checkpoint = try request.checkpoint.verified(by: log.keys, origin: origin)
        } catch {
            return .unsigned
        }
        guard request.oldSize <= checkpoint.size else { return .malformed("the old size is above the checkpoint's") }
        do {
            return try answer(request, checkpoint, log)
        } catch {
            logger.critical("not cosigning", metadata: ["ledger": "\(origin)", "fault": "\(error)"])
            return .unavailable
        }
    }

    private func answer(_ request: AddCheckpointRequest, _ checkpoint: VerifiedCheckpoint, _ log: WitnessedLog) throws -> WitnessAnswer {
        let latest = try state.latest(log.origin)
        let size = latest?.checkpoint.size ?? 0
        if let latest, latest.checkpoint.size == checkpoint.size, latest.checkpoint.root != checkpoint.root {
            try keepEvidence(latest, request, log)
            return .conflict(size: size)
        }
        guard request.oldSize == size else { return .conflict(size: size) }
        do throws(ProofError) {
            try Merkle.verifyConsistency(
                from: size, root: latest?.checkpoint.root ?? Merkle.emptyRoot, to: checkpoint.size, root: checkpoint.root,
                path: request.proof)
        } catch {
            logger.error(
                "a signed checkpoint with a proof that doesn't hold was refused",
                metadata: ["ledger": "\(log.origin)", "from": "\(size)", "to": "\(checkpoint.size)"])
            return .inconsistent
        }
        return try cosign(request, checkpoint, log, after: latest?.time ?? 0)
    }

    /// Steps 2 to 4.
    private func cosign(
        _ request: AddCheckpointRequest, _ checkpoint: VerifiedCheckpoint, _ log: WitnessedLog, after last: UInt64
    ) throws -> WitnessAnswer {
        let now = UInt64(max(0, clock.now().timeIntervalSince1970))
        // A larger state with an earlier time would contradict what we said before.
        guard now >= last else {
            logger.error(
                "the clock is behind our last cosignature: nothing is cosigned until it has passed it",
                metadata: ["ledger": "\(log.origin)", "seconds": "\(last - now)"])
            return .unavailable
        }
        let cosignature = try key.cosign(checkpoint.body, at: now)
        let note = request.checkpoint.note
        // What strangers added stays out of what we keep and show.
        let signed = note.signatures.filter { line in log.keys.contains { $0.matches(line) } }
        try state.record(try note.with(signatures: signed + [cosignature.line]), of: log.origin)
        logger.info("cosigned", metadata: ["ledger": "\(log.origin)", "size": "\(checkpoint.size)"])
        return .cosigned(line: cosignature.line.line)
    }

    private func keepEvidence(_ latest: WitnessStateFolder.Cosigned, _ request: AddCheckpointRequest, _ log: WitnessedLog) throws {
        let size = latest.checkpoint.size
        guard try state.keepEvidence(latest.note, request.checkpoint.note, size: size, of: log.origin) else { return }
        logger.critical(
            "FORK: this ledger has signed two states of one size; both are kept as evidence",
            metadata: ["ledger": "\(log.origin)", "size": "\(size)", "folder": "logs/\(WitnessStateFolder.hash(ofOrigin: log.origin))"])
    }

    /// What was cosigned last for the ledger whose origin has this SHA-256 (lower-case hexadecimal); nil: nothing, or no such ledger.
    package func latest(originHash hash: String) throws -> [UInt8]? {
        guard let log = logs.first(where: { WitnessStateFolder.hash(ofOrigin: $0.origin) == hash }) else { return nil }
        return try state.latest(log.origin)?.note.bytes
    }

    /// Origins are compared byte by byte.
    private func log(_ origin: String) -> WitnessedLog? { logs.first { $0.origin.utf8.elementsEqual(origin.utf8) } }
}
