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
}
