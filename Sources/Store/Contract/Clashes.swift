package import Council

extension RollStorage {
    /// What of `sittings` stands in the way of this one, as the roll is now. `own`: the sitting whose draft it is; nil: it is none yet.
    package func clashes(of draft: SittingDraft, besides own: SittingID? = nil, among sittings: [Sitting]) async throws -> [Clash] {
        let neighbours = draft.neighbours(among: sittings, besides: own)
        guard !neighbours.isEmpty else { return [] }
        let members = Set(try await members(of: draft.body).map(\.id))
        var clashes: [Clash] = []
        for other in neighbours {
            let common = try await self.members(of: other.draft.body).count { members.contains($0.id) }
            if let clash = Clash(of: draft, with: other, commonMembers: common) { clashes.append(clash) }
        }
        return clashes
    }
}
