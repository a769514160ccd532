/// Migration `15-order`: which letters don't go (again), though they might.
extension Schema {
    static let letterEnds = """
        CREATE TABLE letter_end (
            letter INTEGER PRIMARY KEY REFERENCES letter (id),
            convocation INTEGER NOT NULL REFERENCES convocation (id),
            -- A newer letter tells it too; nobody needs it any more; its convocation didn't reach the member.
            cause TEXT NOT NULL CHECK (cause IN ('replaced', 'needless', 'unserved'))
        ) STRICT;
        CREATE INDEX letter_end_convocation ON letter_end (convocation);
        """
}
