/// Migration `17-evidence`: what somebody else's clock said.
extension Schema {
    static let stamps = """
        -- The newest time of a timestamp that was verified when it came: no right clock is behind it. With the state and the authority that
        -- it is of; lowered where somebody said that this authority's clock is the wrong one.
        CREATE TABLE newest_timestamp (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL,
            size INTEGER NOT NULL,
            authority TEXT NOT NULL
        ) STRICT;
        """
}
