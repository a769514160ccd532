/// Migration `8-troubles`: relays that take nothing, and the mails that tell of it; letters that came back.
extension Schema {
    static let troubles = """
        CREATE TABLE relay_trouble (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            relay TEXT NOT NULL,
            cause TEXT NOT NULL,
            reply TEXT NOT NULL,
            since INTEGER NOT NULL,
            -- A mail is to be made.
            wanted INTEGER NOT NULL DEFAULT 0 CHECK (wanted IN (0, 1)),
            told_at INTEGER,
            ended_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX relay_trouble_open ON relay_trouble (relay, cause) WHERE ended_at IS NULL;

        CREATE TABLE relay_alarm (
            message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
            trouble INTEGER NOT NULL REFERENCES relay_trouble (id)
        ) STRICT;
        CREATE INDEX relay_alarm_trouble ON relay_alarm (trouble);

        -- One row per journalled report that a letter came back.
        CREATE TABLE letter_report (
            letter INTEGER NOT NULL REFERENCES letter (id),
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            at INTEGER NOT NULL,
            reason TEXT NOT NULL,
            status TEXT,
            diagnostic TEXT,
            reporter TEXT,
            seq INTEGER NOT NULL UNIQUE REFERENCES journal (seq),
            PRIMARY KEY (letter, digest)
        ) STRICT;
        CREATE INDEX letter_report_convocation ON letter_report (convocation);
        CREATE TRIGGER letter_report_is_not_edited BEFORE UPDATE ON letter_report
            BEGIN SELECT RAISE(ABORT, 'a report is erased or kept, never edited'); END;
        """
}
