/// Migration `6-letters`: what members are told after their convocation.
extension Schema {
    static let letters = """
        CREATE TABLE letter (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('cancellation', 'reminder')),
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            -- Of a reminder: the configured hour before the sitting; asked for by the clerk: 100001, 100002…
            serial INTEGER NOT NULL CHECK (serial >= 0),
            state TEXT NOT NULL CHECK (state IN ('wanted', 'queued', 'withdrawn')),
            created_at INTEGER NOT NULL,
            message INTEGER UNIQUE REFERENCES message (id),
            UNIQUE (kind, convocation, serial),
            CHECK ((state = 'queued') = (message IS NOT NULL)),
            CHECK (kind <> 'cancellation' OR serial = 0)
        ) STRICT;
        CREATE INDEX letter_wanted ON letter (id) WHERE state = 'wanted';
        CREATE INDEX letter_convocation ON letter (convocation);
        CREATE TRIGGER letter_is_made_once BEFORE UPDATE ON letter WHEN OLD.state <> 'wanted'
            BEGIN SELECT RAISE(ABORT, 'a letter is made once and never again'); END;
        """

    /// Migration `20-overdue`: of which convocations the clerk was told that they had not left yet.
    static let convocationAlarms = """
        CREATE TABLE convocation_overdue (convocation INTEGER PRIMARY KEY REFERENCES convocation (id)) STRICT;
        """

    /// Migration `21-previews`: which mail a notice became, so that one that has been overtaken is not sent any more.
    static let noticeMessages = """
        CREATE TABLE notice_message (
            message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
            notice INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE
        ) STRICT;
        CREATE INDEX notice_message_notice ON notice_message (notice);
        """

    /// Migration `13-letters`: of which letters the clerk was told that they had been open for long; notices of letters that don't
    /// reach members.
    static let letterAlarms = """
        CREATE TABLE letter_overdue (
            letter INTEGER PRIMARY KEY REFERENCES letter (id),
            convocation INTEGER NOT NULL REFERENCES convocation (id)
        ) STRICT;
        CREATE INDEX letter_overdue_convocation ON letter_overdue (convocation);

        CREATE TABLE notice_new (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN (
                'preview', 'tooLate', 'undelivered', 'uncertain', 'rejected', 'unwarned', 'untold', 'preview-amendment', 'summary')),
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
        CREATE UNIQUE INDEX notice_untold ON notice (sitting) WHERE kind = 'untold' AND closed_at IS NULL;
        CREATE UNIQUE INDEX notice_too_late ON notice (sitting, revision) WHERE kind = 'tooLate';
        -- The content is the day.
        CREATE UNIQUE INDEX notice_summary ON notice (content) WHERE kind = 'summary';
        """
}
