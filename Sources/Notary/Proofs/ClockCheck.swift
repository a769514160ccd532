import Foundation
import Ledger
import Store

/// Whether the times that entries claim agree with their order in the register, and with timestamps.
enum ClockCheck {
    /// A clock may be put right by as much, and nothing stops for it: it contradicts nothing that counts in days.
    static let orderTolerance: TimeInterval = ClockRule.slack + ClockRule.step
    /// Between a state's signature and its timestamp.
    static let stampTolerance: TimeInterval = 300

    /// At most one statement of each kind, which names the first entry and how many there are. `tokens`: of which state, and by which
    /// authority, those are that have this hash.
    ///
    /// An entry behind a state that calls itself older than its timestamp contradicts nothing by itself: an authority that doesn't answer
    /// for an hour stamps the state an hour late. One behind the entry that commits the token does: the register had it by then.
    static func statements(
        of facts: [ProofReport.Fact], beside anchors: [ProofReport.Statement], tokens: [String: (size: UInt64, authority: String)]
    ) -> [ProofReport.Statement] {
        let claims = facts.compactMap(Claim.init)
        var backwards = Found(), older = Found(), late = Found(), newer = Found()
        var latest: Claim?
        var received: (size: UInt64, at: Date)?
        // Of several tokens over one state the earliest counts: the others came later, that is all.
        var stamps: [UInt64: Date] = [:]
        var times: [UInt64: [String: Date]] = [:]
        for (size, authority, at) in anchors.compactMap(\.stamp) {
            stamps[size] = min(stamps[size] ?? at, at)
            times[size, default: [:]][authority] = at
        }
        let ordered = stamps.sorted { $0.key < $1.key }
        // The latest stamp of this state and those before it; the earliest of this one and those after it.
        let latestBefore = ordered.accumulated { $0.value >= $1.value }
        let earliestAfter = Array(ordered.reversed().accumulated { $0.value <= $1.value }.reversed())
        var passed = 0
        for claim in claims {
            if let latest, claim.latest.addingTimeInterval(orderTolerance) < latest.earliest {
                backwards.add(claim, beside: latest.seq, latest.earliest)
            }
            if latest.map({ $0.earliest < claim.earliest }) ?? true { latest = claim }
            while passed < ordered.count, ordered[passed].key <= claim.seq { passed += 1 }
            for hash in claim.proofs {
                guard let token = tokens[hash], let at = times[token.size]?[token.authority], at > received?.at ?? .distantPast else {
                    continue
                }
                received = (token.size, at)
            }
            if let received, claim.latest.addingTimeInterval(stampTolerance) < received.at {
                older.add(claim, beside: received.size, received.at)
            } else if passed > 0, case let before = latestBefore[passed - 1],
                claim.latest.addingTimeInterval(stampTolerance) < before.value
            {
                late.add(claim, beside: before.key, before.value)
            }
            if passed < ordered.count, case let after = earliestAfter[passed],
                claim.earliest.addingTimeInterval(-stampTolerance) > after.value
            {
                newer.add(claim, beside: after.key, after.value)
            }
        }
        return [
            backwards.statement { .timesRunBack($0, seq: $1, at: $2, after: $3, whose: $4) },
            older.statement { .olderThanStamp($0, seq: $1, at: $2, size: $3, stampedAt: $4) },
            late.statement { .stampedLate($0, seq: $1, at: $2, size: $3, stampedAt: $4) },
            newer.statement { .newerThanStamp($0, seq: $1, at: $2, size: $3, stampedAt: $4) },
        ].compactMap { $0 }
    }

    /// What an entry says of its time: to the millisecond where it is opened, else to the second, or to the hour of what concerns a
    /// member.
    private struct Claim {
        let seq: UInt64
        let earliest: Date
        let latest: Date
        /// Hashes of the proofs that it commits: received before it was made. Empty where it is closed.
        let proofs: [String]

        /// Nil: it has no time that can be read, and contradicts none.
        init?(_ fact: ProofReport.Fact) {
            let text = fact.opened?["at"]?.text ?? fact.at
            // What isn't a time isn't compared.
            guard let at = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))) else {
                return nil
            }
            let isCut = fact.opened == nil && fact.type.concernsMember
            seq = fact.seq
            earliest = at
            proofs = fact.opened?["proofs"]?.items?.compactMap { $0["hash"]?.text } ?? []
            latest = at.addingTimeInterval(isCut ? 3600 : text.contains(".") ? 0 : 1)
        }
    }

    private struct Found {
        private var count = 0
        private var first: (seq: UInt64, at: Date, other: UInt64, otherAt: Date)?

        mutating func add(_ claim: Claim, beside other: UInt64, _ otherAt: Date) {
            count += 1
            first = first ?? (claim.seq, claim.earliest, other, otherAt)
        }

        func statement(
            _ make: (Int, UInt64, Date, UInt64, Date) -> ProofReport.Statement
        ) -> ProofReport.Statement? {
            first.map { make(count, $0.seq, $0.at, $0.other, $0.otherAt) }
        }
    }
}

extension Sequence {
    /// For each place, the one of the items so far that is `kept` before the next.
    fileprivate func accumulated(_ kept: (Element, Element) -> Bool) -> [Element] {
        reduce(into: []) { found, item in
            if let last = found.last, kept(last, item) { found.append(last) } else { found.append(item) }
        }
    }
}

extension ProofReport.Statement {
    /// When an authority's token over a state was made, whoever the authority is.
    fileprivate var stamp: (size: UInt64, authority: String, at: Date)? {
        switch self {
        case .timestamped(let size, let authority, _, let at), .timestampedByOwnRoot(let size, let authority, _, let at),
            .timestampExpired(let size, let authority, _, let at, _):
            (size, authority, at)
        default: nil
        }
    }
}
