package import Council
package import Foundation
package import Store

/// What the intake needs of the store.
package typealias IntakeStorage = RollStorage & SittingStorage & AmendmentStorage & CopyListStorage

package struct IntakeSettings: Sendable {
    package var dropFolder: URL
    /// How long a folder must have been still, over two looks at least, before it is taken.
    package var settle: Duration
    /// How often the drop folder is looked at when nothing announces a change (network shares never do).
    package var rescan: Duration
    package var authority: Authority
    /// The language of reports and reasons: the clerks'.
    package var language: Language
    /// Bytes of one document.
    package var maximumFileSize: Int64
    /// Documents of one sitting.
    package var maximumFiles: Int

    package init(
        dropFolder: URL, settle: Duration, rescan: Duration, authority: Authority, language: Language = .french,
        maximumFileSize: Int64 = 4 << 30, maximumFiles: Int = 500
    ) {
        self.dropFolder = dropFolder
        self.settle = settle
        self.rescan = rescan
        self.authority = authority
        self.language = language
        self.maximumFileSize = maximumFileSize
        self.maximumFiles = maximumFiles
    }

    /// An empty folder, or one that its maker hasn't named yet, is likely still being prepared: it gets this much longer.
    var patience: Duration { settle * 20 }
}

/// Time that passes evenly, whatever is done to the wall clock: what stillness is measured with.
package struct Uptime: Sendable {
    package let now: @Sendable () -> Duration

    package init(now: @escaping @Sendable () -> Duration) { self.now = now }

    package static let system: Uptime = {
        let start = ContinuousClock.now
        return Uptime { ContinuousClock.now - start }
    }()
}

/// The points of the way of one dropped thing at which a crash leaves something behind, in order.
package enum IntakeStep: Hashable, Sendable, CaseIterable {
    /// Renamed into `En cours`.
    case claimed
    /// Its documents are in the document store.
    case copied
    /// The sitting, or the roll, is committed.
    case submitted
    /// `ENVOYER.txt` was obeyed.
    case approved
    /// The refusal was posted to the clerk.
    case posted
    /// Its report is written.
    case reported
    /// It is in `Traités` or `Rejetés`.
    case moved
}
