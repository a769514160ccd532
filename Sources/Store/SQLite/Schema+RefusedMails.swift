/// Migration `16-words`: mails to the clerk that a relay refused for good.
extension Schema {
    static let refusedMails = """
        CREATE TABLE refused_mail (
            message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
            since INTEGER NOT NULL,
            -- When whoever mends it was told; null: not yet.
            told_at INTEGER
        ) STRICT;
        """
}
