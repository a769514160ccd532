/// Migration `14-clock`: of which clocks that were behind the clerk was told.
extension Schema {
    static let clockAlarms = """
        -- `newest`: the newest time of an entry, which the clock was behind.
        CREATE TABLE clock_alarm (newest INTEGER PRIMARY KEY, told_at INTEGER NOT NULL) STRICT;
        """
}
