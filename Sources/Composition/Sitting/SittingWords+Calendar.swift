import Council
import Foundation

extension SittingWords {
    /// The sitting's calendar: the same bytes for every member who reads this language, at whatever moment it is made.
    /// `amendedAt`: when it was last changed; nil: never.
    func calendar(settings: CompositionSettings, amendedAt: Date? = nil) -> PreparedCalendar {
        calendar(.publish, sequence: sitting.calendarSequence, stamp: amendedAt ?? sitting.approvedAt ?? sitting.receivedAt, settings)
    }

    /// What takes it out again: the same identifier, the next number (RFC 5546 §3.2.5).
    func cancelledCalendar(settings: CompositionSettings, at instant: Date) -> PreparedCalendar {
        calendar(.cancel, sequence: sitting.calendarSequence + 1, stamp: instant, settings)
    }

    private func calendar(
        _ method: SittingCalendar.Method, sequence: Int, stamp: Date, _ settings: CompositionSettings
    ) -> PreparedCalendar {
        let draft = sitting.draft
        let calendar = SittingCalendar(
            method: method, uid: "\(sitting.family)@\(settings.from.address.domain)", sequence: sequence, stamp: stamp, start: draft.start,
            duration: SittingCalendar.usualDuration,
            zone: settings.authority.timeZone, language: language,
            summary: CleanText(hasOwnTitle ? title.line : bodyName.line), location: place,
            description: calendarDescription(settings),
            url: webVideoLink, organizer: Mailbox(name: settings.authority.name, address: settings.clerk.address))
        let name = CleanText("\(bodyName.line.replacing("/", with: "-")) \(draft.when.date).ics")
        return PreparedCalendar(calendar.bytes(), method, fileName: name)
    }

    /// Authority, the agenda's lines, the video link: values alone, so that no word of it has to be translated.
    private func calendarDescription(_ settings: CompositionSettings) -> String {
        var lines = [CleanText(settings.authority.name).line]
        if hasOwnTitle { lines.append(bodyName.line) }
        if let videoLink { lines.append(videoLink.line) }
        lines += sitting.draft.agenda.map { "\($0.number). \(CleanText($0.title).line)" }
        return lines.joined(separator: "\n")
    }
}
