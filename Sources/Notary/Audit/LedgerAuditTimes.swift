package import Council
import Foundation
import Ledger
import Store

/// What entries say of when they were made, against their order and against timestamps of trusted authorities.
package struct EntryTimes: Sendable {
    /// One or more entries, one after the other, with the same fault.
    package struct Run: Hashable, Sendable {
        package enum Fault: Hashable, Sendable {
            /// They are dated before an earlier entry.
            case backwards(than: UInt64)
            /// The same, by no more than a clock may be put right by.
            case putRight(after: UInt64)
            /// They come after the entry that commits a timestamp, and are dated before it.
            case beforeTimestamp(of: UInt64)
            /// A timestamp covers them, and they are dated after it.
            case afterTimestamp(of: UInt64)
        }

        package let fault: Fault
        package let first: UInt64
        package fileprivate(set) var last: UInt64

        package init(_ fault: Fault, _ first: UInt64, _ last: UInt64) {
            self.fault = fault
            self.first = first
            self.last = last
        }
    }

    /// What an entry says of a clock that somebody checked.
    package enum Check: Hashable, Sendable {
        case plain
        /// And that the timestamps received so far were the wrong ones.
        case despiteTimestamps
    }

    /// By which order may be broken: entries of one moment come from many tasks.
    static let disorder: Int64 = 60_000
    /// By which a clock may be put right, and nothing stopped for it (the newest time is kept to a step below): noted, no fault.
    static let correction = Int64((ClockRule.slack + ClockRule.step) * 1000)
    /// By which this machine's clock and an authority's may differ.
    static let difference = Int64(ClockRule.slack * 1000)

    package private(set) var runs: [Run] = []
    /// The last entry that says the clock was checked, and that no timestamp received by then disproves.
    package private(set) var checked: UInt64?
    private var newest: (seq: UInt64, at: Int64)?
    /// Of tokens that entries so far commit: the newest.
    private var floor: (size: UInt64, at: Int64)?
    /// Of tokens that cover entries from here on: each later than the one after it in time; the smallest size last.
    private var ceilings: [(size: UInt64, at: Int64)] = []
    private let tokens: [ContentHash: (size: UInt64, at: Int64)]

    /// `tokens`: by their SHA-256, with the anchored size and their time.
    package init(tokens: [ContentHash: (size: UInt64, at: Int64)]) {
        self.tokens = tokens
        // Of a larger state that was stamped earlier, the smaller one's token says less.
        for token in tokens.values.sorted(by: { ($0.size, $0.at) > ($1.size, $1.at) }) {
            if let last = ceilings.last, last.at <= token.at { continue }
            ceilings.append(token)
        }
    }

    /// In the order of the entries. `told`: hashes of the proofs that this entry commits.
    package mutating func take(_ seq: UInt64, at: Int64, check: Check?, told: [String]) {
        while let last = ceilings.last, last.size <= seq { ceilings.removeLast() }
        for token in told.compactMap({ ContentHash(hex: $0).flatMap { tokens[$0] } }) where token.at > floor?.at ?? .min { floor = token }
        if let ceiling = ceilings.last, at > ceiling.at + Self.difference { add(.afterTimestamp(of: ceiling.size), seq) }
        if check == .despiteTimestamps { floor = nil }
        let isDisproved = floor.map { at < $0.at - Self.difference } ?? false
        if isDisproved, let floor { add(.beforeTimestamp(of: floor.size), seq) }
        // A clock that a timestamp disproves was not right, whoever checked it.
        if check != nil, !isDisproved {
            checked = seq
            newest = (seq, at)
        } else if let newest, at < newest.at - Self.disorder {
            add(at < newest.at - Self.correction ? .backwards(than: newest.seq) : .putRight(after: newest.seq), seq)
        } else if at > newest?.at ?? .min {
            newest = (seq, at)
        }
    }

    private mutating func add(_ fault: Run.Fault, _ seq: UInt64) {
        // A check answers for what came before it alone.
        if let place = runs.lastIndex(where: { $0.fault.isLike(fault) }), runs[place].last + 1 == seq,
            checked.map({ runs[place].first > $0 }) ?? true
        {
            runs[place].last = seq
        } else {
            runs.append(Run(fault, seq, seq))
        }
    }
}

extension EntryTimes.Run.Fault {
    fileprivate func isLike(_ other: Self) -> Bool {
        switch (self, other) {
        case (.backwards, .backwards), (.putRight, .putRight), (.beforeTimestamp, .beforeTimestamp), (.afterTimestamp, .afterTimestamp):
            true
        default: false
        }
    }

    fileprivate var words: Bilingual {
        switch self {
        case .backwards(let seq):
            Bilingual(
                "l'heure recule : de plusieurs minutes ou davantage avant celle de l'entrée \(seq), qui précède",
                "time runs backwards: by minutes or more before that of entry \(seq), which comes earlier")
        case .putRight(let seq):
            Bilingual(
                "l'heure recule de quelques minutes après l'entrée \(seq) : l'horloge a été remise à l'heure",
                "time runs back by a few minutes after entry \(seq): the clock was put right")
        case .beforeTimestamp(let size):
            Bilingual(
                "datée d'avant l'horodatage de l'état \(size), que le journal avait déjà reçu",
                "dated before the timestamp of state \(size), which the journal had received already")
        case .afterTimestamp(let size):
            Bilingual(
                "datée d'après l'horodatage de l'état \(size), qui la contient",
                "dated after the timestamp of state \(size), which contains it")
        }
    }
}

extension AuditRun {
    /// Called with leaves in their order.
    func takeTimes(_ leaves: LeafCheck.Result) {
        guard audit.storage != nil else { return }
        var times = self.times ?? EntryTimes(tokens: tokenTimes)
        let told = Dictionary(grouping: leaves.proofs, by: \.seq)
        for (seq, at, check) in leaves.times {
            times.take(seq, at: at, check: check, told: told[seq]?.compactMap(\.hash) ?? [])
        }
        self.times = times
    }

    /// What came before somebody checked the clock is known, and stays in the journal: it is a note. So is a clock that was put right by a
    /// few minutes: nothing is asked of anybody then.
    func checkTimes() {
        guard let times else { return }
        for run in times.runs {
            let isOne = run.first == run.last
            let (french, english) = (
                (isOne ? "" : "jusqu'à l'entrée \(run.last) : ") + run.fault.words.french,
                (isOne ? "" : "up to entry \(run.last): ") + run.fault.words.english
            )
            if case .putRight = run.fault {
                report.note("journal", Bilingual("entrée \(run.first), \(french)", "entry \(run.first), \(english)"))
            } else if let checked = times.checked, run.first < checked {
                report.note(
                    "journal",
                    Bilingual(
                        "entrée \(run.first), \(french) (horloge vérifiée : entrée \(checked))",
                        "entry \(run.first), \(english) (clock checked: entry \(checked))"))
            } else {
                report.add(
                    "journal", seq: run.first,
                    "\(french) : l'horloge de la machine était fausse, ou ces heures sont inventées ; vérifiez l'heure, puis « appariteur ledger clock --checked » l'inscrit",
                    "\(english): the machine's clock was wrong, or these times are made up; check the clock, then `appariteur ledger clock --checked` journals it"
                )
            }
        }
    }
}
