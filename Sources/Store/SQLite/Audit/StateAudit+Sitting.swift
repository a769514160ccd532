import Council
import Foundation
import GRDB
import Ledger

extension StateAudit {
    mutating func compareSitting(_ id: String) throws {
        let replay = try replay(of: id)
        try compareRow(of: id, replay.sitting)
        try compareDocuments(of: id, replay.documents)
        try compareConvocations(of: id, replay)
        try compareAccesses(of: id, replay.accesses)
        try compareReports(of: id, replay.reports)
        try compareLetters(of: id, replay)
        try compareAmendments(of: id, replay.amendments)
        try compareCopies(of: id, replay.sitting)
    }

    private func replay(of id: String) throws -> SittingReplay {
        var replay = SittingReplay()
        let sql = """
            SELECT journal.seq, type, content FROM journal JOIN opening ON opening.seq = journal.seq
            WHERE journal.sitting = ? ORDER BY journal.seq
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            // What can't be read or opened is the ledger audit's own finding.
            guard let type = FactType(rawValue: row[1]), let content = CanonicalObject(try row.copied(2)) else { continue }
            replay.take(type, seq: UInt64(row[0] as Int64), content: content)
        }
        return replay
    }

    private mutating func compareRow(of id: String, _ expected: SittingReplay.ExpectedSitting?) throws {
        let sql = """
            SELECT key, suffix, state, revision, date, start, deadline, draft, received_at, approved_at, cancelled_at, replaced_by
            FROM sitting WHERE id = ?
            """
        guard let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [id]) else {
            if let expected { report("sitting", id, .missing, seq: expected.seq) }
            return
        }
        comparison.rows += 1
        guard let expected else { return report("sitting", id, .unexpected) }
        let seq = expected.seq
        expect(row["state"], expected.state.rawValue, "state", of: "sitting", id, seq: seq)
        expect(row["revision"], expected.revision, "revision", of: "sitting", id, seq: seq)
        expect(row["received_at"], expected.receivedAt, "received_at", of: "sitting", id, seq: seq)
        expect(row["approved_at"], expected.approvedAt, "approved_at", of: "sitting", id, seq: seq)
        expect(row["cancelled_at"], expected.cancelledAt, "cancelled_at", of: "sitting", id, seq: seq)
        expect(row["replaced_by"], expected.replacedBy, "replaced_by", of: "sitting", id, seq: seq)
        let text: String = row["draft"]
        let hash = ContentHash(sha256Of: Array(text.utf8)).hex
        guard hash == expected.draft else {
            return report("sitting", id, .differs(column: "draft", journal: expected.draft, found: hash), seq: seq)
        }
        let draft: SittingDraft = try Stored.decode(text, table: "sitting")
        expect(row["key"], draft.key, "key", of: "sitting", id, seq: seq)
        expect(row["date"], draft.when.date.description, "date", of: "sitting", id, seq: seq)
        expect(row["start"], draft.start.milliseconds, "start", of: "sitting", id, seq: seq)
        expect(row["deadline"], draft.deadline.milliseconds, "deadline", of: "sitting", id, seq: seq)
        let suffix: Int64 = row["suffix"]
        if id != (suffix == 1 ? draft.key : "\(draft.key)-\(suffix)") {
            report("sitting", id, .differs(column: "suffix", journal: nil, found: "\(suffix)"), seq: seq)
        }
    }

    private mutating func compareDocuments(of id: String, _ documents: [SittingReplay.ExpectedDocument: UInt64]) throws {
        var left = documents
        let sql = "SELECT hash, public, seq FROM sitting_document WHERE sitting = ?"
        for row in try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id]) {
            comparison.rows += 1
            let hash = Hex.encode(row["hash"] as Data)
            let found = SittingReplay.ExpectedDocument(hash: hash, isPublic: row["public"])
            guard let seq = left.removeValue(forKey: found) else {
                report("sitting_document", "\(id) \(hash)", .unexpected)
                continue
            }
            expect(row["seq"], Int64(seq), "seq", of: "sitting_document", "\(id) \(hash)", seq: seq)
        }
        for (document, seq) in left.sorted(by: { $0.value < $1.value }) {
            report("sitting_document", "\(id) \(document.hash)", .missing, seq: seq)
        }
    }

    private enum Column: Int {
        case id, state, createdAt, relayedAt, paperOn, paperHow, hash, messageId, recipient, sender, attempt, messageState, deadline,
            messageRelayedAt, lastReply, member, civility, givenName, familyName, email, service, lastMoment, erasedAt, relay, inDoubt
    }

    private mutating func compareConvocations(of id: String, _ replay: SittingReplay) throws {
        if let sitting = replay.sitting, sitting.approvedAt != nil {
            let found = try Digests.convened(SittingID(rawValue: id), in: db)
            if sitting.convened != found {
                report("convocation", id, .differs(column: "convened", journal: sitting.convened, found: found), seq: sitting.seq)
            }
        }
        var left = replay.convocations
        // In the order of `Column`: columns are found by place, since looking for names is most of the work otherwise.
        let sql = """
            SELECT convocation.id, convocation.state, created_at, convocation.relayed_at, paper_on, paper_how,
                message.hash, message.message_id, message.recipient, message.sender, message.attempt, message.state, message.deadline,
                message.relayed_at, message.last_reply, version.member, version.civility, version.given_name, version.family_name,
                version.email, version.service, sitting.deadline, erased_at, message.relay, message.in_doubt
            FROM convocation
            JOIN sitting ON sitting.id = convocation.sitting
            JOIN member_version version ON version.id = convocation.version
            LEFT JOIN message ON message.convocation = convocation.id AND message.kind = 'convocation'
            WHERE convocation.sitting = ? ORDER BY convocation.id
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            try Task.checkCancellation()
            comparison.rows += 1
            try compareConvocation(row, left.removeValue(forKey: row[Column.id.rawValue]), in: replay)
        }
        for (id, expected) in left.sorted(by: { $0.key < $1.key }) { report("convocation", "\(id)", .missing, seq: expected.seq) }
    }

    private mutating func compareConvocation(
        _ row: Row, _ expected: SittingReplay.ExpectedConvocation?, in replay: SittingReplay
    ) throws {
        let id: Int64 = row[Column.id.rawValue]
        let name = "\(id)"
        let isErased = (row[Column.erasedAt.rawValue] as DatabaseValue) != .null
        if isErased != erased.contains(id) {
            report("convocation", name, .differs(column: "erased_at", journal: nil, found: nil), seq: expected?.seq)
        }
        // What it said can't be known any more: that is what erasing is.
        if isErased { return }
        guard let sitting = replay.sitting, sitting.approvedAt != nil else { return report("convocation", name, .unexpected) }
        let seq = expected?.seq ?? sitting.seq
        let start: ConvocationState = (row[Column.service.rawValue] as String) == "paper" ? .paperDue : .composing
        let state = expected?.state ?? (sitting.state == .cancelled ? .cancelled : start)
        expect(row[Column.state.rawValue], state.rawValue, "state", of: "convocation", name, seq: seq)
        expect(row[Column.createdAt.rawValue], sitting.approvedAt, "created_at", of: "convocation", name, seq: seq)
        expect(row[Column.relayedAt.rawValue], expected?.relayedAt, "relayed_at", of: "convocation", name, seq: seq)
        expect(row[Column.paperOn.rawValue], expected?.paperOn, "paper_on", of: "convocation", name, seq: seq)
        expect(row[Column.paperHow.rawValue], expected?.paperHow, "paper_how", of: "convocation", name, seq: seq)
        guard let expected else {
            if (row[Column.messageId.rawValue] as DatabaseValue) != .null { report("message", name, .unexpected) }
            return
        }
        if let member = expected.member, member != Self.member(row) {
            report("member_version", name, .differs(column: "member", journal: nil, found: nil), seq: seq)
        }
        guard let message = expected.message else { return }
        guard (row[Column.messageId.rawValue] as DatabaseValue) != .null else { return report("message", name, .missing, seq: seq) }
        expect(row[Column.hash.rawValue], Hex.decode(message).map { Data($0) }, "hash", of: "message", name, seq: seq)
        expect(row[Column.messageId.rawValue], expected.messageID, "message_id", of: "message", name, seq: seq)
        expect(row[Column.recipient.rawValue], expected.recipient, "recipient", of: "message", name, seq: seq, isPersonal: true)
        expect(row[Column.deadline.rawValue], row[Column.lastMoment.rawValue] as Int64?, "deadline", of: "message", name, seq: seq)
        expect(row[Column.messageRelayedAt.rawValue], expected.relayedAt, "relayed_at", of: "message", name, seq: seq)
        if let reply = expected.lastReply { expect(row[Column.lastReply.rawValue], reply, "last_reply", of: "message", name, seq: seq) }
        compareMessageState(row[Column.messageState.rawValue], expected, name)
        expect(row[Column.sender.rawValue], expected.sender, "sender", of: "message", name, seq: seq)
        // One that is under way is journalled when it ends.
        let isLeased = row[Column.messageState.rawValue] as String == DeliveryState.leased.rawValue
        let attempt: Int64 = row[Column.attempt.rawValue]
        if attempt != expected.attempt, !isLeased || attempt != expected.attempt + 1 {
            expect(row[Column.attempt.rawValue], expected.attempt, "attempt", of: "message", name, seq: seq)
        }
        expect(row[Column.relay.rawValue], expected.relay, "relay", of: "message", name, seq: seq)
        expect(row[Column.inDoubt.rawValue], expected.isInDoubt, "in_doubt", of: "message", name, seq: seq)
        for revoked in try Row.fetchAll(
            db.cachedStatement(sql: "SELECT DISTINCT revoked_at FROM link WHERE convocation = ?"), arguments: [id])
        {
            if expected.hasLaterLinks, (revoked[0] as DatabaseValue) == .null { continue }
            if let at = revoked[0] as Int64?, expected.earlierRevocations.contains(at) { continue }
            expect(revoked[0], expected.linksRevokedAt, "revoked_at", of: "link", name, seq: seq)
        }
        let links = try Digests.links(of: id, in: db)
        if links != expected.linksHash {
            report("link", name, .differs(column: "links", journal: expected.linksHash, found: links), seq: seq)
        }
    }

    /// As `JSON.member` writes it.
    private static func member(_ row: Row) -> [UInt8] {
        let (given, family): (String, String) = (row[Column.givenName.rawValue], row[Column.familyName.rawValue])
        var fields: [String: JSON] = [
            "id": .integer(row[Column.member.rawValue]), "civility": .string(row[Column.civility.rawValue]),
            "name": .string([given, family].filter { !$0.isEmpty }.joined(separator: " ")),
        ]
        if let email: String = row[Column.email.rawValue] { fields["email"] = .string(email) }
        return JSON.object(fields).canonical
    }

    /// Leases and waiting are not journalled: only how it ended.
    private mutating func compareMessageState(_ found: String, _ expected: SittingReplay.ExpectedConvocation, _ name: String) {
        let open: [DeliveryState] = expected.isCancelled ? [.cancelled, .leased] : [.ready, .leased, .deferred, .unknown]
        let allowed = expected.messageState.map { [$0] } ?? open
        if !allowed.contains(where: { $0.rawValue == found }) {
            let journal = allowed.map(\.rawValue).joined(separator: " / ")
            report("message", name, .differs(column: "state", journal: journal, found: found), seq: expected.seq)
        }
    }

    private mutating func compareAccesses(of id: String, _ accesses: [UInt64: SittingReplay.ExpectedAccess]) throws {
        var left = accesses
        let sql = """
            SELECT access.link, access.convocation, access.document, grade, first_at, last_at, count, access.seq, downgraded
            FROM access JOIN convocation ON convocation.id = access.convocation WHERE convocation.sitting = ? ORDER BY access.seq
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            try Task.checkCancellation()
            comparison.rows += 1
            let seq = UInt64(row[7] as Int64)
            guard let expected = left.removeValue(forKey: seq) else {
                report("access", "\(seq)", .unexpected)
                continue
            }
            let link = Hex.decode(expected.link).map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }.map { Int64(bitPattern: $0) }
            expect(row[0], link, "link", of: "access", "\(seq)", seq: seq)
            expect(row[1], expected.convocation, "convocation", of: "access", "\(seq)", seq: seq)
            expect(
                row[2], expected.document.flatMap { Hex.decode($0) }.map { Data($0) }, "document", of: "access", "\(seq)", seq: seq
            )
            expect(row[3], expected.grade, "grade", of: "access", "\(seq)", seq: seq)
            expect(row[4], expected.at, "first_at", of: "access", "\(seq)", seq: seq)
            expect(row[8], expected.downgraded.map { Int64($0) }, "downgraded", of: "access", "\(seq)", seq: seq)
            if (row[5] as Int64) < (row[4] as Int64) {
                report("access", "\(seq)", .differs(column: "last_at", journal: nil, found: "before first_at"), seq: seq)
            }
        }
        for seq in left.keys.sorted() { report("access", "\(seq)", .missing, seq: seq) }
    }
}
