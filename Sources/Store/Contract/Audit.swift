/// A row of the state that says something else than the journal does.
package struct StateDifference: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The journal tells of it, and it isn't there.
        case missing
        /// It is there, and no entry of the journal made it.
        case unexpected
        /// One column of it. The values are told only where they are nobody's personal data.
        case differs(column: String, journal: String?, found: String?)
        /// Its bytes don't have the hash that stands with them.
        case otherBytes
    }

    package let table: String
    /// The row's key.
    package let row: String
    /// The entry that decides; nil: none in particular.
    package let seq: UInt64?
    package let kind: Kind

    package init(table: String, row: String, seq: UInt64?, kind: Kind) {
        self.table = table
        self.row = row
        self.seq = seq
        self.kind = kind
    }
}

package struct StateComparison: Hashable, Sendable {
    /// At most as many as were asked for.
    package var differences: [StateDifference] = []
    /// Further ones that are not listed.
    package var further = 0
    /// Rows that were compared.
    package var rows = 0

    package init() {}
}

/// What an audit asks of the storage, beside the journal itself.
package protocol AuditStorage: Sendable {
    /// Compares every byte of the files with the checksums in them: pages that are free, and columns that no entry of the journal
    /// tells of, included. Nothing is locked: what a running service is just writing is looked at again.
    func scanFiles(limit: Int) async throws -> FileScan
    /// What the storage's engine finds wrong with its own structure (damaged pages, indexes that miss a row, rules that were
    /// removed), in its own words; empty: nothing.
    func structuralFaults() async throws -> [String]
    /// Compares the state with what the journal's openings say, at one instant: the roll as last imported; sittings, their
    /// documents and states; convocations, their members, messages, links and service; receipts and their grades.
    /// What is no evidence is not compared (Formats lists it): notices and what the clerk is sent, waiting times, counts of repeated openings,
    /// the clerk's own links, contents of copies. Changed bytes of those are what `scanFiles` finds.
    func compareState(limit: Int) async throws -> StateComparison
}

/// What a look at every byte of the database's files found.
package struct FileScan: Hashable, Sendable {
    package enum Fault: Hashable, Sendable {
        case part(DatabaseDamage.Part)
        /// The file ends before this page.
        case missingPage(UInt32)
        /// Bytes after the last whole page.
        case trailingBytes(Int64)
        /// Pages without a checksum, the first of them: another program has copied them there, or has written them.
        case blankPages(count: UInt32, first: UInt32)
        /// The whole file has none: it is an earlier release's, or another program has written it anew.
        case withoutSums
    }

    /// At most as many as were asked for.
    package var faults: [Fault] = []
    package var further = 0
    /// Pages whose checksum was compared.
    package var pages = 0

    package init() {}
}
