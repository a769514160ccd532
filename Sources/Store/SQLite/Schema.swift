import GRDB

/// The database's shape. The rules that must never break stand here, as constraints and triggers, so that no code of
/// ours can break them either. A migration that has been released is never edited: a later one changes its result.
enum Schema {
    /// "APPT": marks the file as ours (`PRAGMA application_id`).
    static let applicationID: Int64 = 0x4150_5054

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1-first") { db in
            for statements in [journal, roll, sittings, convocations, queue, links, register] {
                try db.execute(sql: statements)
            }
        }
        migrator.registerMigration("2-erasure") { db in
            // `erased_receipt`: whether a receipt stood when the rows that said so were erased, so that public counts stay.
            try db.execute(sql: "ALTER TABLE convocation ADD COLUMN erased_at INTEGER")
            try db.execute(
                sql: "ALTER TABLE convocation ADD COLUMN erased_receipt INTEGER CHECK ((erased_receipt IS NULL) = (erased_at IS NULL))")
        }
        migrator.registerMigration("3-chain") { db in try db.execute(sql: chain) }
        migrator.registerMigration("4-reports") { db in try db.execute(sql: reports) }
        migrator.registerMigration("5-delivery") { db in try db.execute(sql: delivery) }
        migrator.registerMigration("6-letters") { db in try db.execute(sql: letters) }
        migrator.registerMigration("7-waits") { db in try db.execute(sql: waits) }
        migrator.registerMigration("8-troubles") { db in try db.execute(sql: troubles) }
        migrator.registerMigration("9-amendments") { db in try db.execute(sql: amendments) }
        migrator.registerMigration("10-traces") { db in try db.execute(sql: traces) }
        migrator.registerMigration("11-copies") { db in try db.execute(sql: copies) }
        migrator.registerMigration("12-evidence") { db in try db.execute(sql: evidence) }
        migrator.registerMigration("13-letters") { db in try db.execute(sql: letterAlarms) }
        migrator.registerMigration("14-clock") { db in try db.execute(sql: clockAlarms) }
        migrator.registerMigration("15-order") { db in try db.execute(sql: letterEnds) }
        migrator.registerMigration("16-words") { db in try db.execute(sql: refusedMails) }
        migrator.registerMigration("17-evidence") { db in try db.execute(sql: stamps) }
        migrator.registerMigration("18-lists") { db in try spellLists(db) }
        migrator.registerMigration("19-copies") { db in try checkCopies(db) }
        migrator.registerMigration("20-overdue") { db in try db.execute(sql: convocationAlarms) }
        migrator.registerMigration("21-previews") { db in try db.execute(sql: noticeMessages) }
        return migrator
    }

    /// `opening` holds all that is private about an entry, the linkage to a convocation and a document included:
    /// deleting the row erases the person from the ledger, and the leaf stays what it was.
    private static let journal = """
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY CHECK (seq >= 0),
            type TEXT NOT NULL,
            sitting TEXT,
            leaf BLOB NOT NULL CHECK (length(leaf) BETWEEN 1 AND 65535),
            leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32)
        ) STRICT;
        CREATE INDEX journal_sitting ON journal (sitting) WHERE sitting IS NOT NULL;
        CREATE TRIGGER journal_has_no_gap BEFORE INSERT ON journal
            WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM journal)
            BEGIN SELECT RAISE(ABORT, 'the journal grows by one entry at its end'); END;
        CREATE TRIGGER journal_is_not_edited BEFORE UPDATE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

        CREATE TABLE opening (
            seq INTEGER PRIMARY KEY REFERENCES journal (seq),
            convocation INTEGER,
            document BLOB,
            key BLOB NOT NULL CHECK (length(key) = 32),
            content BLOB NOT NULL
        ) STRICT;
        CREATE INDEX opening_convocation ON opening (convocation) WHERE convocation IS NOT NULL;
        CREATE INDEX opening_document ON opening (document) WHERE document IS NOT NULL;
        CREATE TRIGGER opening_is_not_edited BEFORE UPDATE ON opening
            BEGIN SELECT RAISE(ABORT, 'an opening is erased or kept, never edited'); END;

        CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            size INTEGER NOT NULL CHECK (size >= 0),
            note BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER checkpoint_covers_what_is_there BEFORE INSERT ON checkpoint
            WHEN NEW.size > (SELECT coalesce(max(seq) + 1, 0) FROM journal)
            BEGIN SELECT RAISE(ABORT, 'the checkpoint is larger than the journal'); END;
        CREATE TRIGGER checkpoint_does_not_shrink BEFORE UPDATE ON checkpoint
            WHEN NEW.size < OLD.size OR NEW.size > (SELECT coalesce(max(seq) + 1, 0) FROM journal)
            BEGIN SELECT RAISE(ABORT, 'the checkpoint is smaller than the last one or larger than the journal'); END;
        CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
            BEGIN SELECT RAISE(ABORT, 'the checkpoint of record is replaced, never deleted'); END;
        """

    /// A change of the roll makes a new version; convocations keep the one they were made with.
    private static let roll = """
        CREATE TABLE member (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            active INTEGER NOT NULL CHECK (active IN (0, 1))
        ) STRICT;

        CREATE TABLE member_version (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            member INTEGER NOT NULL REFERENCES member (id),
            current INTEGER NOT NULL CHECK (current IN (0, 1)),
            since INTEGER NOT NULL,
            name_key TEXT NOT NULL,
            sort_key TEXT NOT NULL,
            civility TEXT NOT NULL,
            family_name TEXT NOT NULL,
            given_name TEXT NOT NULL,
            email TEXT,
            service TEXT NOT NULL CHECK (service IN ('electronic', 'paper')),
            language TEXT NOT NULL,
            bodies TEXT NOT NULL,
            CHECK (service = 'paper' OR email IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX member_version_current ON member_version (member) WHERE current = 1;
        CREATE UNIQUE INDEX member_version_person ON member_version (name_key, lower(ifnull(email, ''))) WHERE current = 1;
        """

    private static let sittings = """
        CREATE TABLE sitting (
            id TEXT PRIMARY KEY,
            key TEXT NOT NULL,
            suffix INTEGER NOT NULL CHECK (suffix >= 1),
            state TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'cancelled')),
            revision INTEGER NOT NULL CHECK (revision >= 1),
            date TEXT NOT NULL,
            start INTEGER NOT NULL,
            deadline INTEGER NOT NULL,
            draft TEXT NOT NULL CHECK (json_valid(draft)),
            received_at INTEGER NOT NULL,
            approved_at INTEGER,
            cancelled_at INTEGER,
            UNIQUE (key, suffix),
            CHECK (state <> 'draft' OR approved_at IS NULL),
            CHECK (state <> 'approved' OR approved_at IS NOT NULL),
            CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL))
        ) STRICT;
        CREATE TRIGGER sitting_state_goes_forward BEFORE UPDATE OF state ON sitting
            WHEN NOT (NEW.state = OLD.state OR OLD.state = 'draft' OR (OLD.state = 'approved' AND NEW.state = 'cancelled'))
            BEGIN SELECT RAISE(ABORT, 'a sitting goes from draft to approved to cancelled only'); END;

        -- One journalled reception of a document for a sitting; `public` when its leaf carries the hash.
        CREATE TABLE sitting_document (
            sitting TEXT NOT NULL REFERENCES sitting (id),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            public INTEGER NOT NULL CHECK (public IN (0, 1)),
            seq INTEGER NOT NULL REFERENCES journal (seq),
            PRIMARY KEY (sitting, hash, public)
        ) STRICT;

        -- What the clerk must be told. Closed ones stay, so that nothing is told twice.
        CREATE TABLE notice (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('preview', 'tooLate', 'undelivered', 'rejected')),
            sitting TEXT REFERENCES sitting (id),
            revision INTEGER,
            content TEXT NOT NULL CHECK (json_valid(content)),
            posted_at INTEGER NOT NULL,
            closed_at INTEGER,
            CHECK (kind = 'rejected' OR sitting IS NOT NULL)
        ) STRICT;
        CREATE INDEX notice_open ON notice (id) WHERE closed_at IS NULL;
        CREATE UNIQUE INDEX notice_undelivered ON notice (sitting) WHERE kind = 'undelivered' AND closed_at IS NULL;
        CREATE UNIQUE INDEX notice_too_late ON notice (sitting, revision) WHERE kind = 'tooLate';
        """

    private static let convocations = """
        CREATE TABLE convocation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sitting TEXT NOT NULL REFERENCES sitting (id),
            member INTEGER NOT NULL REFERENCES member (id),
            version INTEGER NOT NULL REFERENCES member_version (id),
            state TEXT NOT NULL CHECK (
                state IN ('composing', 'queued', 'relayed', 'failed', 'paperDue', 'paperServed', 'cancelled')),
            created_at INTEGER NOT NULL,
            relayed_at INTEGER,
            paper_on TEXT,
            paper_how TEXT,
            UNIQUE (sitting, member),
            CHECK (state <> 'relayed' OR relayed_at IS NOT NULL),
            CHECK (state <> 'paperServed' OR paper_on IS NOT NULL),
            CHECK ((paper_on IS NULL) = (paper_how IS NULL))
        ) STRICT;
        CREATE INDEX convocation_composing ON convocation (id) WHERE state = 'composing';
        """

    /// Bytes are kept apart from the row that changes with each attempt, so that an attempt doesn't rewrite them.
    private static let queue = """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('convocation', 'preview', 'alarm')),
            message_id TEXT NOT NULL UNIQUE,
            convocation INTEGER UNIQUE REFERENCES convocation (id),
            sender TEXT NOT NULL,
            recipient TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            deadline INTEGER,
            state TEXT NOT NULL CHECK (
                state IN ('ready', 'leased', 'relayed', 'deferred', 'failed', 'bounced', 'cancelled')),
            attempt INTEGER NOT NULL CHECK (attempt >= 0),
            due_at INTEGER NOT NULL,
            first_attempt_at INTEGER,
            relayed_at INTEGER,
            last_reply TEXT,
            CHECK ((kind = 'convocation') = (convocation IS NOT NULL)),
            CHECK (state NOT IN ('leased', 'relayed', 'deferred') OR attempt >= 1),
            CHECK (state NOT IN ('relayed', 'bounced') OR relayed_at IS NOT NULL)
        ) STRICT;
        CREATE INDEX message_due ON message (due_at) WHERE state IN ('ready', 'deferred');
        CREATE INDEX message_deadline ON message (deadline) WHERE state IN ('ready', 'deferred') AND deadline IS NOT NULL;
        CREATE INDEX message_leased ON message (id) WHERE state = 'leased';
        CREATE TRIGGER message_is_made_once BEFORE UPDATE OF kind, message_id, convocation, sender, recipient, hash ON message
            BEGIN SELECT RAISE(ABORT, 'a message is made once and never again'); END;
        CREATE TRIGGER message_state_follows_the_attempts BEFORE UPDATE OF state ON message
            WHEN NOT (
                (OLD.state IN ('ready', 'deferred') AND NEW.state IN ('leased', 'failed', 'cancelled'))
                OR (OLD.state = 'leased' AND NEW.state IN ('ready', 'relayed', 'deferred', 'failed'))
                OR (OLD.state = 'relayed' AND NEW.state = 'bounced'))
            BEGIN SELECT RAISE(ABORT, 'a message cannot pass from this state to that one'); END;

        CREATE TABLE message_bytes (
            message INTEGER PRIMARY KEY REFERENCES message (id),
            bytes BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER message_bytes_are_made_once BEFORE UPDATE ON message_bytes
            BEGIN SELECT RAISE(ABORT, 'a message is made once and never again'); END;
        """

    private static let links = """
        -- `id`: the eight random bytes as a signed integer. `sitting`: of the clerk's links; a member's has a convocation.
        CREATE TABLE link (
            id INTEGER PRIMARY KEY,
            target TEXT NOT NULL CHECK (
                target IN ('document', 'sitting', 'honeypot', 'approve', 'follow', 'cancel', 'review')),
            convocation INTEGER REFERENCES convocation (id),
            sitting TEXT REFERENCES sitting (id),
            document BLOB,
            revision INTEGER,
            expires INTEGER NOT NULL,
            revoked_at INTEGER,
            CHECK ((convocation IS NULL) = (target IN ('approve', 'follow', 'cancel', 'review'))),
            CHECK ((convocation IS NULL) = (sitting IS NOT NULL)),
            CHECK ((document IS NOT NULL) = (target IN ('document', 'review'))),
            CHECK ((revision IS NOT NULL) = (target IN ('approve', 'cancel')))
        ) STRICT;
        CREATE INDEX link_convocation ON link (convocation) WHERE convocation IS NOT NULL;
        CREATE INDEX link_sitting ON link (sitting) WHERE sitting IS NOT NULL;

        -- One row per journalled access: per link, document and grade, until a downgrade makes room for another.
        CREATE TABLE access (
            id INTEGER PRIMARY KEY,
            link INTEGER NOT NULL REFERENCES link (id),
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            -- Opened from the sitting's page: which one. Null when the link itself was opened.
            document BLOB,
            grade TEXT NOT NULL CHECK (grade IN ('person', 'robot', 'confirmed')),
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 1),
            seq INTEGER NOT NULL REFERENCES journal (seq),
            downgraded INTEGER REFERENCES journal (seq),
            CHECK (downgraded IS NULL OR grade = 'person')
        ) STRICT;
        CREATE UNIQUE INDEX access_once ON access (link, coalesce(document, x''), grade) WHERE downgraded IS NULL;
        CREATE INDEX access_receipt ON access (convocation) WHERE downgraded IS NULL AND grade <> 'robot';
        """

    private static let register = """
        CREATE TABLE anchor (
            size INTEGER NOT NULL CHECK (size >= 0),
            method TEXT NOT NULL,
            authority TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('wanted', 'pending', 'complete')),
            bytes BLOB NOT NULL,
            attempts INTEGER NOT NULL CHECK (attempts >= 0),
            next_try INTEGER,
            fault TEXT,
            PRIMARY KEY (size, method, authority)
        ) STRICT;
        CREATE INDEX anchor_due ON anchor (size) WHERE state <> 'complete';
        """
}
