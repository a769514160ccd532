/// Migration `5-delivery`: an unknown outcome is a state of its own; which relay was spoken to last; a convocation can have other
/// messages after the one that serves it; the clerk can be told of what may or may not have left, and whom to warn of a
/// cancellation.
///
/// A `CHECK` can't be changed in place: each table is made anew, filled, and takes the old one's name (SQLite, "ALTER TABLE",
/// §7). It is one transaction: a crash leaves the old tables.
extension Schema {
    static let delivery = message + notice

    private static let message = """
        CREATE TABLE message_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (
                kind IN ('convocation', 'preview', 'alarm', 'cancellation', 'reminder')),
            message_id TEXT NOT NULL UNIQUE,
            convocation INTEGER REFERENCES convocation (id),
            sender TEXT NOT NULL,
            recipient TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            deadline INTEGER,
            state TEXT NOT NULL CHECK (
                state IN ('ready', 'leased', 'relayed', 'deferred', 'unknown', 'failed', 'bounced', 'cancelled')),
            attempt INTEGER NOT NULL CHECK (attempt >= 0),
            -- Of what is held for the clerk: the end of the year 9999.
            due_at INTEGER NOT NULL,
            first_attempt_at INTEGER,
            relayed_at INTEGER,
            last_reply TEXT,
            -- `host:port` of the last attempt.
            relay TEXT,
            -- Some attempt's outcome is unknown: whatever comes, it may have arrived.
            in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
            CHECK (kind <> 'convocation' OR convocation IS NOT NULL),
            CHECK (state NOT IN ('leased', 'relayed', 'deferred', 'unknown') OR attempt >= 1),
            CHECK (state NOT IN ('relayed', 'bounced') OR relayed_at IS NOT NULL)
        ) STRICT;
        INSERT INTO message_new (
            id, kind, message_id, convocation, sender, recipient, hash, deadline, state, attempt, due_at, first_attempt_at, relayed_at,
            last_reply)
            SELECT id, kind, message_id, convocation, sender, recipient, hash, deadline, state, attempt, due_at, first_attempt_at,
                relayed_at, last_reply FROM message;
        UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'message') WHERE name = 'message_new';
        DROP TABLE message;
        ALTER TABLE message_new RENAME TO message;
        -- One message serves a convocation.
        CREATE UNIQUE INDEX message_of_convocation ON message (convocation) WHERE kind = 'convocation';
        CREATE INDEX message_convocation ON message (convocation) WHERE convocation IS NOT NULL;
        CREATE INDEX message_due ON message (due_at) WHERE state IN ('ready', 'deferred', 'unknown');
        CREATE INDEX message_deadline ON message (deadline) WHERE state IN ('ready', 'deferred', 'unknown') AND deadline IS NOT NULL;
        CREATE INDEX message_leased ON message (id) WHERE state = 'leased';
        CREATE TRIGGER message_is_made_once BEFORE UPDATE OF kind, message_id, convocation, sender, recipient, hash ON message
            BEGIN SELECT RAISE(ABORT, 'a message is made once and never again'); END;
        CREATE TRIGGER message_state_follows_the_attempts BEFORE UPDATE OF state ON message
            WHEN NOT (
                (OLD.state IN ('ready', 'deferred') AND NEW.state IN ('leased', 'failed', 'cancelled'))
                OR (OLD.state = 'leased' AND NEW.state IN ('ready', 'relayed', 'deferred', 'unknown', 'failed'))
                OR (OLD.state = 'unknown' AND NEW.state IN ('ready', 'leased', 'failed', 'cancelled'))
                OR (OLD.state = 'relayed' AND NEW.state = 'bounced'))
            BEGIN SELECT RAISE(ABORT, 'a message cannot pass from this state to that one'); END;

        """

    private static let notice = """
        CREATE TABLE notice_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('preview', 'tooLate', 'undelivered', 'uncertain', 'rejected', 'unwarned')),
            sitting TEXT REFERENCES sitting (id),
            revision INTEGER,
            content TEXT NOT NULL CHECK (json_valid(content)),
            posted_at INTEGER NOT NULL,
            closed_at INTEGER,
            CHECK (kind = 'rejected' OR sitting IS NOT NULL)
        ) STRICT;
        INSERT INTO notice_new SELECT id, kind, sitting, revision, content, posted_at, closed_at FROM notice;
        UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'notice') WHERE name = 'notice_new';
        DROP TABLE notice;
        ALTER TABLE notice_new RENAME TO notice;
        CREATE INDEX notice_open ON notice (id) WHERE closed_at IS NULL;
        CREATE UNIQUE INDEX notice_undelivered ON notice (sitting) WHERE kind = 'undelivered' AND closed_at IS NULL;
        CREATE UNIQUE INDEX notice_uncertain ON notice (sitting) WHERE kind = 'uncertain' AND closed_at IS NULL;
        CREATE UNIQUE INDEX notice_unwarned ON notice (sitting) WHERE kind = 'unwarned' AND closed_at IS NULL;
        CREATE UNIQUE INDEX notice_too_late ON notice (sitting, revision) WHERE kind = 'tooLate';
        """

    /// Migration `7-waits`: when the message's `due_at` was set; null in rows that are older than the column.
    static let waits = """
        ALTER TABLE message ADD COLUMN waiting_since INTEGER;
        CREATE INDEX message_waiting ON message (waiting_since)
            WHERE state IN ('ready', 'deferred', 'unknown') AND waiting_since IS NOT NULL;
        """
}
