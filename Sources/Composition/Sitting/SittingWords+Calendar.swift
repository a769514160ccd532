import Council
import Foundation

extension SittingWords {
    /// The sitting's calendar: the same bytes for every member who reads this language, at whatever moment it is made.
    func calendar(settings: CompositionSettings, summary: CleanText) -> PreparedCalendar {
        let draft = sitting.draft
        let calendar = SittingCalendar(
            uid: "\(sitting.id)@\(settings.from.address.domain)", sequence: sitting.revision,
            stamp: sitting.approvedAt ?? sitting.receivedAt, start: draft.start, duration: SittingCalendar.usualDuration,
            zone: settings.authority.timeZone, language: language, summary: summary, location: place,
            description: calendarDescription(settings),
            url: webVideoLink, organizer: Mailbox(name: settings.authority.name, address: settings.clerk.address))
        let name = CleanText("\(bodyName.line.replacing("/", with: "-")) \(draft.when.date).ics")
        return PreparedCalendar(calendar.bytes(), fileName: name)
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
