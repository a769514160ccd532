import GRDB

/// Migration `18-lists`: the same rules of the tables that each message and each click changes, spelt so that they cost less.
///
/// SQLite makes a temporary table of every `x IN (…)` of three values or more, each time a statement runs that must look at it. A
/// message's row had nine: its rules took three quarters of the time that it took to store, lease and record it.
extension Schema {
    /// Rules of tables stand in their definitions; replaced there as SQLite describes it for changes that leave the rows as they are
    /// ("ALTER TABLE", §7). What can't be read afterwards throws here, and the step is undone.
    static func spellLists(_ db: Database) throws {
        try db.execute(sql: "PRAGMA writable_schema = ON")
        for list in lists { try list.spell(in: db) }
        try db.execute(sql: "PRAGMA writable_schema = RESET")
        try db.execute(sql: waitingIndexes + stateTrigger)
    }

    /// Migration `19-copies`: that a copy belongs to no convocation, as a rule of its row. As a trigger, each message that was stored
    /// paid for copies of all the pages that it changed, lest it be undone alone.
    static func checkCopies(_ db: Database) throws {
        let old = "CHECK (kind <> 'convocation' OR convocation IS NOT NULL)"
        try db.execute(sql: "DROP TRIGGER copy_serves_nobody; PRAGMA writable_schema = ON")
        try db.execute(
            sql: "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'message' AND instr(sql, :old)",
            arguments: ["old": old, "new": old + ", CHECK (kind <> 'copy' OR convocation IS NULL)"])
        guard db.changesCount == 1 else { throw DamagedRow(table: "sqlite_schema", what: "definition of message") }
        try db.execute(sql: "PRAGMA writable_schema = RESET")
    }

    private struct List {
        let table: String
        let column: String
        let values: [String]
        var isExcluded = false

        private var old: String {
            "\(column) \(isExcluded ? "NOT IN" : "IN") (\(values.map { "'\($0)'" }.joined(separator: ", ")))"
        }

        private var new: String {
            "(" + values.map { "\(column) \(isExcluded ? "<>" : "=") '\($0)'" }.joined(separator: isExcluded ? " AND " : " OR ") + ")"
        }

        func spell(in db: Database) throws {
            try db.execute(
                sql: """
                    UPDATE sqlite_schema SET sql = replace(sql, :old, :new)
                    WHERE type = 'table' AND name = :table AND length(replace(sql, :old, '')) = length(sql) - length(:old)
                    """, arguments: ["old": old, "new": new, "table": table])
            guard db.changesCount == 1 else { throw DamagedRow(table: "sqlite_schema", what: "definition of \(table): \(old)") }
        }
    }

    private static let lists = [
        List(
            table: "message", column: "kind",
            values: [
                "convocation", "preview", "alarm", "cancellation", "reminder", "supplement", "changed-place", "summary", "copy",
            ]),
        List(
            table: "message", column: "state",
            values: ["ready", "leased", "relayed", "deferred", "unknown", "failed", "bounced", "cancelled"]),
        List(table: "message", column: "state", values: ["leased", "relayed", "deferred", "unknown"], isExcluded: true),
        List(
            table: "convocation", column: "state",
            values: ["composing", "queued", "relayed", "failed", "paperDue", "paperServed", "cancelled"]),
        List(
            table: "link", column: "target", values: ["document", "sitting", "honeypot", "approve", "follow", "cancel", "review"]),
        List(table: "link", column: "target", values: ["approve", "follow", "cancel", "review"]),
        List(table: "access", column: "grade", values: ["person", "robot", "confirmed"]),
    ]

    private static let waitingIndexes = """
        DROP INDEX message_due;
        DROP INDEX message_deadline;
        DROP INDEX message_waiting;
        CREATE INDEX message_due ON message (due_at) WHERE (state = 'ready' OR state = 'deferred' OR state = 'unknown');
        CREATE INDEX message_deadline ON message (deadline)
            WHERE (state = 'ready' OR state = 'deferred' OR state = 'unknown') AND deadline IS NOT NULL;
        CREATE INDEX message_waiting ON message (waiting_since)
            WHERE (state = 'ready' OR state = 'deferred' OR state = 'unknown') AND waiting_since IS NOT NULL;

        """

    private static let stateTrigger = """
        DROP TRIGGER message_state_follows_the_attempts;
        CREATE TRIGGER message_state_follows_the_attempts BEFORE UPDATE OF state ON message
            WHEN NOT (
                ((OLD.state = 'ready' OR OLD.state = 'deferred')
                    AND (NEW.state = 'leased' OR NEW.state = 'failed' OR NEW.state = 'cancelled'))
                OR (OLD.state = 'leased' AND (NEW.state = 'relayed' OR NEW.state = 'ready' OR NEW.state = 'deferred'
                    OR NEW.state = 'unknown' OR NEW.state = 'failed'))
                OR (OLD.state = 'unknown' AND (NEW.state = 'ready' OR NEW.state = 'leased' OR NEW.state = 'failed'
                    OR NEW.state = 'cancelled'))
                OR (OLD.state = 'relayed' AND NEW.state = 'bounced'))
            BEGIN SELECT RAISE(ABORT, 'a message cannot pass from this state to that one'); END;
        """
}
