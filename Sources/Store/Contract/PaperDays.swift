package import Council

extension PaperService {
    /// The days on which a convocation can have been served on paper: from the approval's day (before it there was none) to today,
    /// and not after the sitting, when nobody is convened to it any more. A clock that was set back leaves the approval's day.
    package static func days(approved: CivilDate, sitting: CivilDate, today: CivilDate) -> ClosedRange<CivilDate> {
        approved...max(approved, min(today, sitting))
    }
}
