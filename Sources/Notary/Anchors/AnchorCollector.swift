import Council
import Foundation
import Logging
import Store

/// Asks authorities for what is due and records their answers. Authorities work side by side, the checkpoints of one after
/// each other, newest first: it covers most. When an authority fails, all that is wanted from it waits longer; a fault of
/// one checkpoint keeps no other from its turn.
struct AnchorCollector: Sendable {
    let settings: AnchorSettings
    let storage: any Storage
    let timestamps: TimestampClient
    let calendars: CalendarClient
    let node: NodeAnchor?
    let health: TimestampHealth
    let folder: AnchorFolder
    let clock: WallClock
    let randomness: Randomness
    let logger: Logger

    private struct Source: Hashable {
        let method: AnchorRecord.Method
        let authority: String
    }

    /// Returns the sizes whose records changed.
    func collectDue() async throws -> [UInt64] {
        // What is due for an authority that is no longer configured stays as it is, in case it comes back.
        let due = try await storage.anchorsDue(at: clock.now()).filter(isConfigured)
        let preferred = settings.timestampUse == .first ? due.filter { $0.method == .rfc3161 } : []
        let others = preferred.isEmpty ? due : due.filter { $0.method != .rfc3161 }
        let sources = Dictionary(grouping: others) { Source(method: $0.method, authority: $0.authority) }
        return try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for records in sources.values {
                group.addTask { try await collect(records.sorted { $0.size > $1.size }) }
            }
            if !preferred.isEmpty { group.addTask { try await collectPreferred(preferred) } }
            var touched: Set<UInt64> = []
            for try await sizes in group { touched.formUnion(sizes) }
            return touched.sorted()
        }
    }

    private func isConfigured(_ record: AnchorRecord) -> Bool {
        switch record.method {
        case .rfc3161: settings.timestampAuthorities.contains { $0.name == record.authority }
        case .openTimestamps: settings.calendars.contains(record.authority)
        case .chainNode: settings.node?.network.rawValue == record.authority
        }
    }

    /// All of one authority.
    private func collect(_ records: [AnchorRecord]) async throws -> [UInt64] {
        var touched: [UInt64] = []
        var faults = 0
        for (place, record) in records.enumerated() {
            var known = record
            do {
                var answered = try await answer(to: record)
                try await keep([answered])
                known = answered
                // A transaction of one's own is durable from here on: only now may it be sent.
                if record.transaction == nil, known.transaction != nil {
                    answered = try await answer(to: known)
                    try await keep([answered])
                }
                if answered.bytes != record.bytes {
                    touched.append(record.size)
                    logger.info(
                        "anchored", metadata: ["size": "\(record.size)", "authority": "\(record.authority)", "state": "\(answered.state)"])
                }
            } catch let fault as AnchorFault {
                if fault.scope == .cancellation { throw CancellationError() }
                logger.log(
                    level: fault.isAlarm ? .error : .warning, fault.isAlarm ? "no anchor: somebody must see to it" : "no anchor",
                    metadata: ["size": "\(record.size)", "authority": "\(record.authority)", "fault": "\(fault)"])
                let others = fault.scope == .authority ? records[(place + 1)...].filter { $0.state == .wanted } : []
                let affected = [known] + others
                try await keep(affected.map { postponed($0, fault: fault) })
                faults += 1
                // What comes after stays due: the next pass begins with it, for what failed waits longer.
                if fault.scope == .authority || faults == 3 { break }
            }
        }
        return touched
    }

    /// Durable even when the process is being stopped: what an authority gave is not thrown away with the task that asked.
    func keep(_ records: [AnchorRecord]) async throws {
        // An unstructured task, because cancellation of this one must not reach the database.
        try await Task { try await storage.save(records) }.value
    }

    func answer(to record: AnchorRecord) async throws -> AnchorRecord {
        guard let body = try folder.read("body", of: record.size) else {
            throw AnchorFault("anchors/\(record.size)/body is missing: this checkpoint can't be anchored any more", .checkpoint)
        }
        switch record.method {
        case .rfc3161: return try await token(for: record, over: body)
        case .openTimestamps: return try await proof(for: record, over: body)
        case .chainNode: return try await payment(for: record, over: body)
        }
    }

    /// One step only: what it returns is made durable before the next one.
    private func payment(for record: AnchorRecord, over body: [UInt8]) async throws -> AnchorRecord {
        guard let node else { return record }
        let digest = ContentHash(sha256Of: body)
        do throws(NodeFault) {
            guard let transaction = record.transaction else {
                let signed = try await node.sign(digest, at: clock.now())
                return record.with([], .pending, attempts: 0, nextTry: clock.now(), transaction: signed)
            }
            switch try await node.follow(transaction, carrying: digest) {
            case .waiting(let confirmations):
                logger.debug("waiting for blocks", metadata: ["transaction": "\(transaction.id)", "confirmations": "\(confirmations)"])
                return record.with(
                    record.bytes, .pending, attempts: record.attempts + 1, nextTry: later(after: record.attempts + 1, Self.nodePatience))
            case .confirmed(let block, let proof):
                return record.with(
                    proof.file, .complete, attempts: record.attempts + 1, nextTry: nil, transaction: transaction.with(block: block))
            }
        } catch {
            throw AnchorFault(node: error)
        }
    }

    /// A node of one's own may be asked often.
    private static let nodePatience = AnchorSettings.Patience(first: .seconds(15), longest: .seconds(600))

    private func token(for record: AnchorRecord, over body: [UInt8]) async throws -> AnchorRecord {
        guard let authority = settings.timestampAuthorities.first(where: { $0.name == record.authority }) else { return record }
        let count = try await storage.anchors(of: record.size).count { $0.method == .rfc3161 }
        if let adopted = try await adoptedToken(for: record, among: count) { return adopted }
        let token = try await timestamps.stamp(body, by: authority)
        try await note(token, of: record)
        return record.with(token.response, .complete, attempts: record.attempts + 1, nextTry: nil)
    }

    /// Nil: none is there. `count`: records of timestamp authorities for that checkpoint.
    func adoptedToken(for record: AnchorRecord, among count: Int) async throws -> AnchorRecord? {
        guard let authority = settings.timestampAuthorities.first(where: { $0.name == record.authority }),
            let body = try folder.read("body", of: record.size),
            let adopted = try adopted(
                AnchorFiles.tokenName(record.authority, among: count), of: record.size, from: authority, over: body)
        else { return nil }
        try await note(adopted, of: record)
        return record.with(adopted.response, .complete, attempts: record.attempts + 1, nextTry: nil)
    }

    /// No right clock is behind it. Before it is saved: a crash in between leaves a time that was true all the same.
    private func note(_ token: VerifiedTimestamp, of record: AnchorRecord) async throws {
        guard settings.judgesClock else { return }
        try await storage.note(KnownTimestamp(time: token.time, size: record.size, authority: record.authority))
        guard ClockRule.isBehind(clock.now(), newest: token.time) else { return }
        logger.critical(
            "this machine's clock is more than five minutes behind a timestamp that was just verified: nothing is approved or sent until one of the two is put right (`appariteur ledger clock`)",
            metadata: ["size": "\(record.size)", "authority": "\(record.authority)", "timestamp": "\(token.time.formatted(.iso8601))"])
    }

    /// A database restored from a backup may lack a token that is already public: it is earlier than any we could get now.
    private func adopted(
        _ name: String, of size: UInt64, from authority: AnchorSettings.TimestampAuthority, over body: [UInt8]
    ) throws -> VerifiedTimestamp? {
        guard let present = try folder.read(name, of: size) else { return nil }
        let request = TimestampRequest(imprint: ContentHash(sha256Of: body), nonce: nil, policy: authority.policy)
        do {
            return try UnverifiedTimestamp(parsing: present).verified(against: request, trusting: try authority.trusted())
        } catch {
            logger.warning("a token that is there does not hold", metadata: ["file": "anchors/\(size)/\(name)", "fault": "\(error)"])
            return nil
        }
    }

    private func proof(for record: AnchorRecord, over body: [UInt8]) async throws -> AnchorRecord {
        let attempts = record.attempts + 1
        guard record.state == .pending else {
            let proof = try await calendars.submit(ContentHash(sha256Of: body), to: record.authority)
            // Counting starts anew: from here on it is the block that is waited for.
            return try record.with(proof, attempts: 1, nextTry: later(after: 1, settings.blockPatience))
        }
        let known = try OpenTimestamps.DetachedProof(parsing: record.bytes)
        let grown = try await calendars.upgrade(known)
        return try record.with(grown, attempts: attempts, nextTry: later(after: attempts, settings.blockPatience))
    }

    func postponed(_ record: AnchorRecord, fault: AnchorFault) -> AnchorRecord {
        let attempts = record.attempts + 1
        return record.with(
            record.bytes, record.state, attempts: attempts, nextTry: later(after: attempts, settings.faultPatience),
            fault: fault.description)
    }

    func later(after attempt: Int, _ patience: AnchorSettings.Patience) -> Date {
        let chance = Double(randomness.uint64() >> 11) / Double(UInt64(1) << 53)
        return clock.now().addingTimeInterval(patience.delay(after: attempt, chance: chance))
    }
}

extension AnchorRecord {
    fileprivate func with(
        _ bytes: [UInt8], _ state: State, attempts: Int, nextTry: Date?, fault: String? = nil, transaction: ChainTransaction? = nil
    ) -> AnchorRecord {
        AnchorRecord(
            size: size, method: method, authority: authority, state: state, bytes: bytes, attempts: attempts, nextTry: nextTry,
            fault: fault, transaction: transaction ?? self.transaction)
    }

    fileprivate func with(_ proof: OpenTimestamps.DetachedProof, attempts: Int, nextTry: Date) throws -> AnchorRecord {
        let isComplete = try proof.isComplete()
        return with(proof.file, isComplete ? .complete : .pending, attempts: attempts, nextTry: isComplete ? nil : nextTry)
    }
}

extension ChainTransaction {
    fileprivate func with(block: Block) -> ChainTransaction {
        ChainTransaction(network: network, id: id, bytes: bytes, signedAt: signedAt, block: block)
    }
}

extension AnchorRecord {
    /// An OpenTimestamps proof, whoever it came from; nil: none, or not yet.
    var proof: [UInt8]? { method != .rfc3161 && !bytes.isEmpty ? bytes : nil }
}
