extension Schema {
    /// One row per journalled report on a message that the relay took. `reason`: of a failure, as the clerk reads it.
    static let reports = """
        CREATE TABLE report (
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            action TEXT NOT NULL CHECK (action IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded')),
            signed INTEGER NOT NULL CHECK (signed IN (0, 1)),
            at INTEGER NOT NULL,
            reason TEXT,
            status TEXT,
            diagnostic TEXT,
            reporter TEXT,
            seq INTEGER NOT NULL UNIQUE REFERENCES journal (seq),
            PRIMARY KEY (convocation, digest, action),
            CHECK ((reason IS NOT NULL) = (action = 'failed')),
            CHECK (signed = 1 OR action = 'failed')
        ) STRICT;
        CREATE TRIGGER report_is_not_edited BEFORE UPDATE ON report
            BEGIN SELECT RAISE(ABORT, 'a report is erased or kept, never edited'); END;
        """
}
