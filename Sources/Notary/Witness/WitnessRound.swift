import Council
import Foundation
import Ledger

/// What is known of the checkpoints that are being cosigned, and of each witness. All of it can be lost: witnesses tell it again.
actor WitnessRound {
    private struct Standing {
        var attempts = 0
        var nextTry: Date?
        var lastFault: WitnessFault?
    }

    private struct Target {
        /// Nil: its note isn't right.
        let checkpoint: VerifiedCheckpoint?
        var collected: [Cosignature]
    }

    private let patience: AnchorSettings.Patience
    private let randomness: Randomness
    private var hasStarted = false
    /// By size.
    private var targets: [UInt64: Target] = [:]
    /// By witness: entries that it cosigned last, where we know.
    private(set) var known: [UInt64?]
    /// By witness: it cosigns nothing smaller any more.
    private var floors: [UInt64]
    private var standings: [Standing]

    init(count: Int, patience: AnchorSettings.Patience, randomness: Randomness) {
        self.patience = patience
        self.randomness = randomness
        known = Array(repeating: nil, count: count)
        floors = Array(repeating: 0, count: count)
        standings = Array(repeating: Standing(), count: count)
    }

    func isFirst() -> Bool {
        defer { hasStarted = true }
        return !hasStarted
    }

    func knows(_ size: UInt64) -> Bool { targets[size] != nil }

    /// Whether it is another checkpoint than was begun for its size.
    func begins(_ checkpoint: VerifiedCheckpoint) -> Bool { targets[checkpoint.size]?.checkpoint?.body != checkpoint.body }

    /// `collected` so far by others than this process.
    func begin(_ checkpoint: VerifiedCheckpoint, _ collected: [Cosignature]) {
        targets[checkpoint.size] = Target(checkpoint: checkpoint, collected: collected)
    }

    func giveUp(_ size: UInt64) { targets[size] = Target(checkpoint: nil, collected: []) }

    func keepOnly(_ sizes: Set<UInt64>) { targets = targets.filter { sizes.contains($0.key) } }

    /// So that all are begun again.
    func forget() { targets = [:] }

    /// Those of these sizes that a witness may still cosign.
    func open(_ sizes: [UInt64]) -> [VerifiedCheckpoint] {
        sizes.compactMap { size in
            guard let target = targets[size], target.collected.count < known.count else { return nil }
            return target.checkpoint
        }
    }

    func collected(of size: UInt64) -> [Cosignature] { targets[size]?.collected ?? [] }

    /// A clock that was set back must not stop the asking.
    func due(_ keys: [CosignerKey], for checkpoint: VerifiedCheckpoint, isLatest: Bool, at now: Date) -> [Int] {
        let longest = AnchorSettings.Patience.seconds(patience.longest) * 1.25
        let collected = collected(of: checkpoint.size)
        return keys.indices.filter { index in
            guard !collected.contains(where: { $0.key == keys[index] }) else { return false }
            // Of the latest it must be asked whatever it says: that it is ahead of us is an alarm.
            guard isLatest || floors[index] <= checkpoint.size else { return false }
            guard let next = standings[index].nextTry else { return true }
            return next <= now || next.timeIntervalSince(now) > longest
        }
    }

    /// True: it had failed before.
    func succeeded(_ index: Int, _ cosignature: Cosignature, size: UInt64) -> Bool {
        defer { standings[index] = Standing() }
        known[index] = size
        floors[index] = max(floors[index], size)
        targets[size]?.collected.append(cosignature)
        return standings[index].lastFault != nil
    }

    func passed(_ index: Int, at size: UInt64) {
        known[index] = size
        floors[index] = max(floors[index], size)
    }

    /// True: it had not failed in this way before.
    func failed(_ index: Int, _ fault: WitnessFault, at now: Date) -> Bool {
        let isNew = standings[index].lastFault != fault
        known[index] = nil
        standings[index].attempts += 1
        standings[index].lastFault = fault
        let chance = Double(randomness.bytes(1).first ?? 0) / 255
        standings[index].nextTry = now + patience.delay(after: standings[index].attempts, chance: chance)
        return isNew
    }
}
