import Council
import Foundation

/// One sitting as an iCalendar file (RFC 5545), published, not a request to answer.
struct SittingCalendar {
    enum Method: String {
        /// RFC 5546 §3.2.1.
        case publish = "PUBLISH"
        /// RFC 5546 §3.2.5.
        case cancel = "CANCEL"
    }

    let method: Method
    /// The same for every message about this sitting, so that a later one replaces it.
    let uid: String
    /// Rises with each revision.
    let sequence: Int
    let stamp: Date
    let start: Date
    let duration: TimeInterval
    let zone: TimeZone
    let language: Language
    let summary: CleanText
    let location: CleanText?
    /// Lines end with `\n`.
    let description: String
    let url: CleanText?
    let organizer: Mailbox

    /// Two hours, where nobody said otherwise.
    static let usualDuration: TimeInterval = 7200

    func bytes() -> [UInt8] {
        let end = start.addingTimeInterval(duration)
        var lines = CalendarLines()
        lines.line("BEGIN:VCALENDAR")
        lines.line("VERSION:2.0")
        lines.line("PRODID:-//Appariteur//Convocations//\(language.rawValue.uppercased())")
        lines.line("CALSCALE:GREGORIAN")
        lines.line("METHOD:\(method.rawValue)")
        CalendarZone(zone: zone, around: start).append(to: &lines)
        lines.line("BEGIN:VEVENT")
        lines.line("UID:\(uid)")
        lines.line("SEQUENCE:\(sequence)")
        lines.line("DTSTAMP:\(CalendarZone.local(stamp, offset: 0))Z")
        lines.line("DTSTART;TZID=\(zone.identifier):\(CalendarZone.local(start, in: zone))")
        lines.line("DTEND;TZID=\(zone.identifier):\(CalendarZone.local(end, in: zone))")
        lines.text("SUMMARY", summary.line)
        if let location, !location.isEmpty { lines.text("LOCATION", location.line) }
        lines.text("DESCRIPTION", description)
        if let url { lines.line("URL:\(url.line)") }
        lines.line("ORGANIZER;CN=\(CalendarLines.quoted(organizer.name)):mailto:\(organizer.address)")
        lines.line("STATUS:\(method == .publish ? "CONFIRMED" : "CANCELLED")")
        lines.line("TRANSP:\(method == .publish ? "OPAQUE" : "TRANSPARENT")")
        lines.line("END:VEVENT")
        lines.line("END:VCALENDAR")
        return lines.bytes
    }
}
