/// Migration `10-traces`: what else would be gone without a trace where somebody takes it away: keys that have signed links, and anchors.
extension Schema {
    static let traces = linkKeys + anchorTraces

    private static let linkKeys = """
        -- In the order in which they came to sign. `fingerprint`: says nothing of the secret.
        CREATE TABLE link_key (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            number INTEGER NOT NULL UNIQUE CHECK (number BETWEEN 0 AND 255),
            fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 32),
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER link_key_is_not_edited BEFORE UPDATE ON link_key
            BEGIN SELECT RAISE(ABORT, 'a key that has signed links stays what it was'); END;

        """

    private static let anchorTraces = """
        -- Anchored states that no entry of the journal tells of yet: the next one does.
        CREATE TABLE anchor_untold (size INTEGER PRIMARY KEY CHECK (size >= 0)) STRICT;
        INSERT INTO anchor_untold SELECT DISTINCT size FROM anchor;
        CREATE TRIGGER anchor_is_told AFTER INSERT ON anchor
            WHEN NOT EXISTS (
                SELECT 1 FROM anchor WHERE size = NEW.size AND (method <> NEW.method OR authority <> NEW.authority))
            BEGIN INSERT OR IGNORE INTO anchor_untold (size) VALUES (NEW.size); END;
        CREATE TRIGGER anchor_is_not_deleted BEFORE DELETE ON anchor
            BEGIN SELECT RAISE(ABORT, 'an anchor is kept: it proves when a state existed'); END;
        """
}
