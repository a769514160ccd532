package import Store

extension KnownTimestamp {
    /// Where the store knows none, as after an upgrade: the newest of the tokens that it has, which were verified when they came.
    @discardableResult
    package static func learn(from storage: any Storage) async throws -> KnownTimestamp? {
        if let known = try await storage.newestTimestamp() { return known }
        let newest = try await newest(in: storage)
        if let newest { try await storage.note(newest) }
        return newest
    }

    /// The same, written nowhere. Nil: there is none that can be read.
    package static func newest(in storage: any Storage) async throws -> KnownTimestamp? {
        if let known = try await storage.newestTimestamp() { return known }
        return try await storage.anchors(of: nil).filter { $0.method == .rfc3161 && $0.state == .complete }.compactMap { record in
            // One that can't be read is the audit's affair.
            (try? UnverifiedTimestamp(parsing: record.bytes).claimedTime()).map {
                KnownTimestamp(time: $0, size: record.size, authority: record.authority)
            }
        }.max { $0.time < $1.time }
    }
}
