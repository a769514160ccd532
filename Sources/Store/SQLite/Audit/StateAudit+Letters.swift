import Council
import Foundation
import GRDB
import Ledger

extension SittingReplay {
    /// What a member was told after the convocation, by its message's number.
    struct ExpectedLetter {
        let seq: UInt64
        let convocation: Int64
        let kind: String?
        let serial: Int64?
        let message: String?
        let recipient: String?
        let sender: String?
        /// How many of its own it has.
        let links: Int64
        var attempt: Int64 = 0
        var relayedAt: Int64?
        var lastReply: String?
        /// Of the attempt that ended it.
        var relay: String?
        /// Its end; nil: it is in the queue.
        var state: DeliveryState?

        init(seq: UInt64, convocation: Int64, _ content: CanonicalObject) {
            self.seq = seq
            self.convocation = convocation
            kind = content.text("kind")
            serial = content.whole("serial")
            message = content.text("message")
            recipient = content.text("recipient")
            sender = content.text("sender")
            links = content.whole("links") ?? 0
        }

        mutating func take(_ type: FactType, at: Int64?, _ content: CanonicalObject) {
            attempt = max(attempt, content.whole("attempt") ?? 0)
            if type == .letterRelayed || type == .letterFailed { relay = content.text("relay") }
            switch type {
            case .letterRelayed:
                state = .relayed
                relayedAt = at
                lastReply = content.text("reply")
            case .letterFailed:
                state = .failed
                // Out of time: the row keeps the words of an attempt that no entry tells of.
                if !content.has("cause") { lastReply = content.text("reply") }
            case .letterBounced:
                // A report of what is (again) in the queue changes nothing.
                if state == .relayed { state = .bounced }
            case .letterWithdrawn: state = .cancelled
            default: break
            }
        }
    }
}

extension StateAudit {
    mutating func compareLetters(of id: String, _ replay: SittingReplay) throws {
        var left = replay.letters
        let sql = """
            SELECT message.message_id, message.convocation, message.kind, letter.kind, letter.serial, message.hash, message.recipient,
                message.sender, message.attempt, message.state, message.relayed_at, message.last_reply, (SELECT count(*) FROM link WHERE link.letter = letter.id),
                message.relay, message.deadline, sitting.start, sitting.deadline
            FROM message
            JOIN convocation ON convocation.id = message.convocation
            JOIN sitting ON sitting.id = convocation.sitting
            LEFT JOIN letter ON letter.message = message.id
            WHERE convocation.sitting = ? AND message.kind <> 'convocation' ORDER BY message.id
            """
        let rows = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: [id])
        while let row = try rows.next() {
            try Task.checkCancellation()
            comparison.rows += 1
            let name: String = row[0]
            guard let expected = left.removeValue(forKey: name) else {
                report("letter", name, .unexpected)
                continue
            }
            compareLetter(row, expected, name, isCancelled: replay.sitting?.state == .cancelled)
        }
        for (name, expected) in left.sorted(by: { $0.value.seq < $1.value.seq }) where !erased.contains(expected.convocation) {
            report("letter", name, .missing, seq: expected.seq)
        }
    }

    private mutating func compareLetter(_ row: Row, _ expected: SittingReplay.ExpectedLetter, _ name: String, isCancelled: Bool) {
        let seq = expected.seq
        expect(row[1], expected.convocation, "convocation", of: "message", name, seq: seq)
        expect(row[2], expected.kind, "kind", of: "message", name, seq: seq)
        expect(row[3], expected.kind, "kind", of: "letter", name, seq: seq)
        expect(row[4], expected.serial, "serial", of: "letter", name, seq: seq)
        expect(row[5], expected.message.flatMap { Hex.decode($0) }.map { Data($0) }, "hash", of: "message", name, seq: seq)
        expect(row[6], expected.recipient, "recipient", of: "message", name, seq: seq, isPersonal: true)
        expect(row[7], expected.sender, "sender", of: "message", name, seq: seq)
        // Attempts that were deferred are no entries: only what ended it tells its number.
        if (row[8] as Int64) < expected.attempt || expected.state != nil {
            expect(row[8], expected.attempt, "attempt", of: "message", name, seq: seq)
        }
        if let relay = expected.relay { expect(row[13], relay, "relay", of: "message", name, seq: seq) }
        let (deadline, start, lawful): (Int64?, Int64, Int64) = (row[14], row[15], row[16])
        // What adds an item ends with the last lawful moment, or with that of an urgency: the rules of the body decide.
        let isAmendment = expected.kind.flatMap(LetterKind.init(rawValue:))?.isAmendment == true
        let isInTime = isAmendment && deadline.map { $0 >= lawful && $0 < start } == true
        if !isInTime { expect(row[14], start, "deadline", of: "message", name, seq: seq) }
        expect(row[12], expected.links, "links", of: "letter", name, seq: seq)
        expect(row[10], expected.relayedAt, "relayed_at", of: "message", name, seq: seq)
        if let reply = expected.lastReply { expect(row[11], reply, "last_reply", of: "message", name, seq: seq) }
        // A reminder doesn't leave any more once its sitting is cancelled.
        let isWithdrawn = isCancelled && expected.kind != LetterKind.cancellation.rawValue
        let open: [DeliveryState] = isWithdrawn ? [.cancelled, .leased] : [.ready, .leased, .deferred, .unknown]
        let allowed = expected.state.map { [$0] } ?? open
        let found: String = row[9]
        if !allowed.contains(where: { $0.rawValue == found }) {
            report(
                "message", name,
                .differs(column: "state", journal: allowed.map(\.rawValue).joined(separator: " / "), found: found), seq: seq)
        }
    }
}
