import Council
import Foundation

/// The header lines of a message, in the order in which they are added. Values are of types that hold no line end.
struct MessageHeader {
    private(set) var bytes: [UInt8] = []

    mutating func mailbox(_ name: String, _ mailbox: Mailbox) {
        let address = Array("<\(mailbox.address)>".utf8)
        let used = name.utf8.count + 2
        bytes += "\(name): ".utf8
        if mailbox.name.isEmpty {
            bytes += "\(mailbox.address)".utf8
        } else {
            let phrase = EncodedWord.phrase(mailbox.name, after: used)
            bytes += phrase
            bytes += Self.lastLine(phrase, used) + 1 + address.count > MIMELine.limit ? MIMELine.fold : [0x20]
            bytes += address
        }
        bytes += MIMELine.end
    }

    mutating func text(_ name: String, _ text: CleanText) {
        bytes += "\(name): ".utf8
        bytes += EncodedWord.unstructured(text, after: name.utf8.count + 2)
        bytes += MIMELine.end
    }

    /// A value that our own types guarantee to be printable ASCII.
    mutating func line(_ name: String, _ value: String) {
        bytes += "\(name): \(value)".utf8
        bytes += MIMELine.end
    }

    private static func lastLine(_ bytes: [UInt8], _ used: Int) -> Int {
        guard let end = bytes.lastIndex(of: 0x0A) else { return used + bytes.count }
        return bytes.count - end - 1
    }
}

/// When a message is made.
struct MessageDate {
    /// `Tue, 01 Dec 2026 09:00:00 +0100` (RFC 5322 §3.3).
    let text: String
    /// Since 1970.
    let seconds: Int

    init(_ instant: Date, in zone: TimeZone) {
        text = Self.text(instant, in: zone)
        seconds = Int(instant.timeIntervalSince1970.rounded(.down))
    }

    private static func text(_ instant: Date, in zone: TimeZone) -> String {
        let date = CivilDate(of: instant, in: zone)
        let time = CivilDateTime(of: instant, in: zone)
        let seconds = Int(instant.timeIntervalSince1970.rounded(.down)) + zone.secondsFromGMT(for: instant)
        let minutes = zone.secondsFromGMT(for: instant) / 60
        let weekday = CalendarWords.weekdays(.english)[date.weekday - 1].prefix(3)
        let month = CalendarWords.months(.english)[date.month - 1].prefix(3)
        let offset = "\(minutes < 0 ? "-" : "+")\(two(abs(minutes) / 60))\(two(abs(minutes) % 60))"
        let clock = "\(two(time.hour)):\(two(time.minute)):\(two(((seconds % 60) + 60) % 60))"
        return "\(weekday), \(two(date.day)) \(month) \(date.year) \(clock) \(offset)"
    }

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
