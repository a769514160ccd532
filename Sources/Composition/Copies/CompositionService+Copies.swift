import Council
import Foundation
import Logging
import Store

extension CompositionService {
    /// A batch at a time: convocations that were wanted meanwhile are made first. A copy that can't be made is tried again for ever;
    /// the follow-up page counts it as waiting.
    func composeCopies() async throws -> Int {
        let composer = CopyComposer(settings: settings, templates: templates, documents: documents)
        var total = 0
        var attachments = AttachmentMemory()
        while true {
            let now = clock.now()
            let aside = await faults.aside(at: now)
            let urgent = try await storage.convocationsToCompose(limit: 1 + aside.count).contains { !aside.contains(.convocation($0.id)) }
            if urgent { return total }
            let pending = try await storage.copiesToCompose(limit: Self.batch + aside.count).filter { !aside.contains(.copy($0.id)) }
            guard !pending.isEmpty else { return total }
            var cache: [PreparedCopyKey: PreparedCopy] = [:]
            var composed: [ComposedCopy] = []
            var size = 0
            for copy in pending where size < Self.batchBytes {
                do throws(CompositionError) {
                    let key = PreparedCopyKey(copy)
                    let prepared: PreparedCopy
                    if let known = cache[key] {
                        prepared = known
                    } else {
                        prepared = try composer.prepare(copy.sitting, copy.kind, key.language, at: now, &attachments)
                        cache[key] = prepared
                    }
                    let made = try composer.compose(copy, prepared, randomness: randomness)
                    composed.append(made)
                    size += made.message.bytes.count
                } catch {
                    await putAside(copy.id, error, at: now)
                }
            }
            total += try await store(composed, known: { .copy($0.id) }) { part in
                try await storage.store(part, at: now)
            } refused: { one, error in
                await putAside(one.id, error, at: now)
            }
        }
    }

    private func putAside(_ copy: CopyID, _ error: any Error, at now: Date) async {
        let (_, until) = await faults.add(.copy(copy), at: now)
        logger.error("a copy can't be composed", metadata: ["copy": "\(copy)", "fault": "\(error)", "again": "\(until)"])
    }
}

private struct PreparedCopyKey: Hashable {
    let sitting: SittingID
    let revision: Int
    let kind: CopyKind
    let language: Language

    init(_ copy: CopyToCompose) {
        sitting = copy.sitting.id
        revision = copy.sitting.revision
        kind = copy.kind
        language = copy.recipient.language
    }
}
