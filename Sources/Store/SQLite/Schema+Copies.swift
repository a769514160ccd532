/// Migration `11-copies`: who is told of sittings without being convened, and what they are sent.
extension Schema {
    static let copies = """
        CREATE TABLE copy_recipient (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
            -- Name and address.
            key TEXT NOT NULL UNIQUE,
            sort_key TEXT NOT NULL,
            civility TEXT NOT NULL,
            family_name TEXT NOT NULL,
            given_name TEXT NOT NULL,
            email TEXT NOT NULL,
            commune TEXT NOT NULL,
            language TEXT NOT NULL,
            -- Empty: every body.
            bodies TEXT NOT NULL
        ) STRICT;

        CREATE TABLE copy (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sitting TEXT NOT NULL REFERENCES sitting (id),
            recipient INTEGER REFERENCES copy_recipient (id),
            kind TEXT NOT NULL CHECK (kind IN ('information', 'cancellation')),
            state TEXT NOT NULL CHECK (state IN ('wanted', 'queued', 'withdrawn', 'erased')),
            created_at INTEGER NOT NULL,
            message INTEGER UNIQUE REFERENCES message (id),
            UNIQUE (sitting, recipient, kind),
            CHECK ((state = 'queued') = (message IS NOT NULL)),
            CHECK ((state = 'erased') = (recipient IS NULL))
        ) STRICT;
        CREATE INDEX copy_wanted ON copy (id) WHERE state = 'wanted';
        CREATE INDEX copy_recipient_of ON copy (recipient) WHERE recipient IS NOT NULL;
        CREATE TRIGGER copy_is_made_once BEFORE UPDATE ON copy WHEN OLD.state <> 'wanted' AND NEW.state <> 'erased'
            BEGIN SELECT RAISE(ABORT, 'a copy is made once and never again'); END;
        CREATE TRIGGER copy_is_kept BEFORE DELETE ON copy
            BEGIN SELECT RAISE(ABORT, 'a copy is kept or erased, never deleted'); END;
        CREATE TRIGGER copy_serves_nobody BEFORE INSERT ON message WHEN NEW.kind = 'copy' AND NEW.convocation IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'a copy is no convocation'); END;
        """
}
