import Council
import Foundation
import Logging
import Store

/// `anchors.timestampUse: first`: the authorities in the order in which they are configured, until one has given its token.
///
/// Every authority has its record, as with `every`, so that files are named alike; those that weren't needed are spared for good. Token
/// and sparing are one transaction. A crash before it: the token is lost and asked for again; after it: the public file is made from
/// the record. Nothing is there twice.
extension AnchorCollector {
    func collectPreferred(_ due: [AnchorRecord]) async throws -> [UInt64] {
        var touched: [UInt64] = []
        for size in Set(due.map(\.size)).sorted(by: >) {
            let all = try await storage.anchors(of: size).filter { $0.method == .rfc3161 }
            if all.contains(where: { $0.state == .complete }) {
                try await keep(spared(all))
                continue
            }
            let asked = settings.timestampAuthorities.compactMap { authority in
                due.first { $0.size == size && $0.authority == authority.name && $0.bytes.isEmpty }
            }
            guard let answered = try await first(of: asked, among: all.count) else { continue }
            // Read again: those that failed before it have their fault on record now.
            let others = try await storage.anchors(of: size).filter { $0.method == .rfc3161 && $0.authority != answered.authority }
            try await keep([answered] + spared(others))
            touched.append(size)
            logger.info("anchored", metadata: ["size": "\(size)", "authority": "\(answered.authority)", "state": "\(answered.state)"])
        }
        return touched
    }

    /// Nil: none gave a token, and each that failed waits.
    private func first(of records: [AnchorRecord], among count: Int) async throws -> AnchorRecord? {
        // A token that is public already, whoever's: the database is older than the folder.
        for record in records {
            // Without body or roots nothing can be adopted; asking below tells why.
            if let adopted = try? await adoptedToken(for: record, among: count) { return adopted }
        }
        for record in records where await health.allows(record.authority, at: clock.now()) {
            do {
                let answered = try await answer(to: record)
                await health.worked(record.authority)
                return answered
            } catch let fault as AnchorFault {
                if fault.scope == .cancellation { throw CancellationError() }
                logger.warning(
                    "a timestamp authority gave nothing; the next one is asked",
                    metadata: ["size": "\(record.size)", "authority": "\(record.authority)", "fault": "\(fault)"])
                let failures = await health.failures(of: record.authority)
                let rest = later(after: failures, settings.faultPatience)
                if fault.scope == .authority { await health.failed(record.authority, at: clock.now(), until: rest) }
                try await keep([postponed(record, fault: fault)])
                if fault.scope == .checkpoint { return nil }
            }
        }
        return nil
    }

    private func spared(_ records: [AnchorRecord]) -> [AnchorRecord] {
        records.filter { $0.state == .wanted && $0.bytes.isEmpty && $0.nextTry != AnchorRecord.never }.map { record in
            AnchorRecord(
                size: record.size, method: record.method, authority: record.authority, state: .wanted, bytes: [],
                attempts: record.attempts, nextTry: AnchorRecord.never, fault: record.fault)
        }
    }
}

extension AnchorRecord {
    /// A token that its authority's certification authority took back: kept, published, and no evidence.
    package var isRevoked: Bool { method == .rfc3161 && state == .wanted && !bytes.isEmpty }

    func wanted(at now: Date) -> AnchorRecord {
        AnchorRecord(
            size: size, method: method, authority: authority, state: .wanted, bytes: [], attempts: attempts, nextTry: now, fault: fault)
    }

    func revoked(_ words: String) -> AnchorRecord {
        AnchorRecord(
            size: size, method: method, authority: authority, state: .wanted, bytes: bytes, attempts: attempts, nextTry: Self.never,
            fault: words)
    }
}
