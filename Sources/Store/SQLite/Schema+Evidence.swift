/// Migration `12-evidence`: what of the outside evidence the journal doesn't commit yet; the newest time that it tells; a doubt about it.
extension Schema {
    static let evidence = proofTraces + times + doubts

    private static let proofTraces = """
        -- Proofs (tokens, calendars' promises, transactions) that no entry of the journal commits yet: the next ones do.
        CREATE TABLE proof_untold (
            size INTEGER NOT NULL,
            method TEXT NOT NULL,
            authority TEXT NOT NULL,
            PRIMARY KEY (size, method, authority)
        ) STRICT;
        INSERT INTO proof_untold SELECT size, method, authority FROM anchor WHERE state <> 'wanted';
        CREATE TRIGGER proof_is_told AFTER INSERT ON anchor WHEN NEW.state <> 'wanted'
            BEGIN
                -- (No OR IGNORE: the statement that fires a trigger overrides it.)
                INSERT INTO proof_untold SELECT NEW.size, NEW.method, NEW.authority WHERE NOT EXISTS (
                    SELECT 1 FROM proof_untold WHERE size = NEW.size AND method = NEW.method AND authority = NEW.authority);
            END;
        CREATE TRIGGER proof_is_told_again AFTER UPDATE ON anchor
            WHEN NEW.state <> 'wanted' AND (NEW.state <> OLD.state OR NEW.state = 'complete' AND NEW.bytes <> OLD.bytes)
            BEGIN
                -- (No OR IGNORE: the statement that fires a trigger overrides it.)
                INSERT INTO proof_untold SELECT NEW.size, NEW.method, NEW.authority WHERE NOT EXISTS (
                    SELECT 1 FROM proof_untold WHERE size = NEW.size AND method = NEW.method AND authority = NEW.authority);
            END;

        """

    private static let times = """
        -- The newest time that an entry has, to a minute below: a clock that is further behind is wrong.
        CREATE TABLE newest_time (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
        INSERT INTO newest_time
            SELECT 1, CAST(round((julianday(at) - 2440587.5) * 86400000.0) AS INTEGER) FROM (
                SELECT max(CASE WHEN json_valid(CAST(content AS TEXT)) THEN CAST(content AS TEXT) ->> '$.at' END) AS at FROM opening)
            WHERE julianday(at) IS NOT NULL;

        """

    private static let doubts = """
        -- The journal was found to be another one than was published: all of it is compared before anything is signed.
        CREATE TABLE ledger_doubt (id INTEGER PRIMARY KEY CHECK (id = 1), reason TEXT NOT NULL) STRICT;
        CREATE INDEX journal_keys ON journal (seq) WHERE type = 'keys.accepted';
        """
}
