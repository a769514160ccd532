/// Something that was dropped and is not taken yet, with what it waits for.
struct Waiting: Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        /// Not still for long enough.
        case settling
        /// A file whose name says that it isn't finished.
        case inProgress(String)
        case beingWritten(String)
        case locked(String)
        /// A folder that its maker hasn't named yet.
        case unnamed
        case empty
        /// `REMPLACER.txt` without a roll.
        case alone
        /// Something of this name is under way.
        case sameName
        /// We may not look into it or move it.
        case forbidden
        /// Ours to mend: disk, database. In words.
        case fault(String)
    }

    let name: String
    let reason: Reason

    /// Whether IT has to be told: the rest passes by itself.
    var isFault: Bool {
        switch reason {
        case .forbidden, .fault: true
        default: false
        }
    }
}
