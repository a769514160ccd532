/// Migration `9-amendments`: what is added to a sitting after its convocations; sittings that take another's place; letters and
/// messages of more kinds; the links of a letter; one summary a day.
///
/// Tables whose `CHECK` changes are made anew, as in `5-delivery`.
extension Schema {
    static let amendments = amendment + messageKinds + letterKinds + noticeKinds

    private static let amendment = """
        ALTER TABLE sitting ADD COLUMN replaced_by TEXT REFERENCES sitting (id);

        CREATE TABLE amendment (
            sitting TEXT NOT NULL REFERENCES sitting (id),
            -- The sitting's, once approved; links to approve another are void.
            revision INTEGER NOT NULL CHECK (revision >= 2),
            state TEXT NOT NULL CHECK (state IN ('held', 'approved', 'replaced', 'withdrawn')),
            content TEXT NOT NULL CHECK (json_valid(content)),
            received_at INTEGER NOT NULL,
            approved_at INTEGER,
            PRIMARY KEY (sitting, revision),
            CHECK ((state = 'approved') = (approved_at IS NOT NULL))
        ) STRICT;
        CREATE UNIQUE INDEX amendment_held ON amendment (sitting) WHERE state = 'held';
        CREATE TRIGGER amendment_is_made_once BEFORE UPDATE OF sitting, revision, content, received_at ON amendment
            BEGIN SELECT RAISE(ABORT, 'an amendment is replaced, never edited'); END;
        CREATE TRIGGER amendment_is_settled_once BEFORE UPDATE ON amendment WHEN OLD.state <> 'held'
            BEGIN SELECT RAISE(ABORT, 'an amendment is settled once'); END;

        """

    private static let messageKinds = """
        CREATE TABLE message_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (
                kind IN ('convocation', 'preview', 'alarm', 'cancellation', 'reminder', 'supplement', 'changed-place', 'summary', 'copy')),
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
            -- When `due_at` was set; null in rows that are older than the column.
            waiting_since INTEGER,
            CHECK (kind <> 'convocation' OR convocation IS NOT NULL),
            CHECK (state NOT IN ('leased', 'relayed', 'deferred', 'unknown') OR attempt >= 1),
            CHECK (state NOT IN ('relayed', 'bounced') OR relayed_at IS NOT NULL)
        ) STRICT;
        INSERT INTO message_new (
            id, kind, message_id, convocation, sender, recipient, hash, deadline, state, attempt, due_at, first_attempt_at, relayed_at,
            last_reply, relay, in_doubt, waiting_since)
            SELECT id, kind, message_id, convocation, sender, recipient, hash, deadline, state, attempt, due_at, first_attempt_at,
                relayed_at, last_reply, relay, in_doubt, waiting_since FROM message;
        UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'message') WHERE name = 'message_new';
        DROP TABLE message;
        ALTER TABLE message_new RENAME TO message;
        -- One message serves a convocation.
        CREATE UNIQUE INDEX message_of_convocation ON message (convocation) WHERE kind = 'convocation';
        CREATE INDEX message_convocation ON message (convocation) WHERE convocation IS NOT NULL;
        CREATE INDEX message_due ON message (due_at) WHERE state IN ('ready', 'deferred', 'unknown');
        CREATE INDEX message_deadline ON message (deadline) WHERE state IN ('ready', 'deferred', 'unknown') AND deadline IS NOT NULL;
        CREATE INDEX message_leased ON message (id) WHERE state = 'leased';
        CREATE INDEX message_waiting ON message (waiting_since)
            WHERE state IN ('ready', 'deferred', 'unknown') AND waiting_since IS NOT NULL;
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

    private static let letterKinds = """
        CREATE TABLE letter_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('cancellation', 'reminder', 'supplement', 'changed-place')),
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            -- Of a reminder: the configured hour before the sitting; asked for by the clerk: 100001, 100002… Of what tells of an
            -- amendment: its revision.
            serial INTEGER NOT NULL CHECK (serial >= 0),
            state TEXT NOT NULL CHECK (state IN ('wanted', 'queued', 'withdrawn')),
            created_at INTEGER NOT NULL,
            message INTEGER UNIQUE REFERENCES message (id),
            UNIQUE (kind, convocation, serial),
            CHECK ((state = 'queued') = (message IS NOT NULL)),
            CHECK (kind <> 'cancellation' OR serial = 0)
        ) STRICT;
        INSERT INTO letter_new SELECT id, kind, convocation, serial, state, created_at, message FROM letter;
        UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'letter') WHERE name = 'letter_new';
        DROP TABLE letter;
        ALTER TABLE letter_new RENAME TO letter;
        CREATE INDEX letter_wanted ON letter (id) WHERE state = 'wanted';
        CREATE INDEX letter_convocation ON letter (convocation);
        CREATE TRIGGER letter_is_made_once BEFORE UPDATE ON letter WHEN OLD.state <> 'wanted'
            BEGIN SELECT RAISE(ABORT, 'a letter is made once and never again'); END;
        -- Opening it acknowledges the letter, not the convocation.
        ALTER TABLE link ADD COLUMN letter INTEGER REFERENCES letter (id);

        """

    private static let noticeKinds = """
        CREATE TABLE notice_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN (
                'preview', 'tooLate', 'undelivered', 'uncertain', 'rejected', 'unwarned', 'preview-amendment', 'summary')),
            sitting TEXT REFERENCES sitting (id),
            revision INTEGER,
            content TEXT NOT NULL CHECK (json_valid(content)),
            posted_at INTEGER NOT NULL,
            closed_at INTEGER,
            CHECK (kind IN ('rejected', 'summary') OR sitting IS NOT NULL)
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
        -- The content is the day.
        CREATE UNIQUE INDEX notice_summary ON notice (content) WHERE kind = 'summary';
        """
}
