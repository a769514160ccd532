import Foundation
import TestSupport
import Testing

/// A message as Python's email package reads it.
struct JudgedMessage: Decodable {
    struct Address: Decodable, Equatable {
        let name: String
        let address: String
    }

    let defects: [String]
    let headers: [String]?
    let subject: String?
    let from: Address?
    let to: Address?
    let replyTo: Address?
    let date: String?
    let messageID: String?
    let autoSubmitted: String?
    let listID: String?
    let language: String?
    let types: [String]?
    let text: String?
    let html: String?
    let calendars: [String]?
    let method: String?
    let fileNames: [String]?
    let attachments: [Attachment]?
    let inReplyTo: String?
    let references: String?

    /// A document in it.
    struct Attachment: Decodable, Equatable {
        let type: String
        let name: String
        let fileName: String
        let sha256: String
    }

    enum CodingKeys: String, CodingKey {
        case defects, headers, subject, date, types, text, html, calendars, method, fileNames, attachments
        case inReplyTo = "In-Reply-To"
        case references = "References"
        case from = "From"
        case to = "To"
        case replyTo = "Reply-To"
        case messageID = "Message-ID"
        case autoSubmitted = "Auto-Submitted"
        case listID = "List-Id"
        case language = "Content-Language"
    }
}

/// A calendar as the icalendar package reads it.
struct JudgedCalendar: Decodable {
    struct Instants: Decodable, Equatable {
        /// By the file's own VTIMEZONE.
        let own: String
        /// By the system's database.
        let named: String
    }

    let faults: [String]
    let start: Instants?
    let end: Instants?
    let uid: String?
    let sequence: String?
    let stamp: String?
    let summary: String?
    let location: String?
    let description: String?
    let url: String?
    let organizer: String?
    let organizerName: String?
    let method: String?
    let status: String?
    let observances: [String]?
    let rules: [String]?

    enum CodingKeys: String, CodingKey {
        case faults, organizerName, observances, rules
        case start = "DTSTART"
        case end = "DTEND"
        case uid = "UID"
        case sequence = "SEQUENCE"
        case stamp = "DTSTAMP"
        case summary = "SUMMARY"
        case location = "LOCATION"
        case description = "DESCRIPTION"
        case url = "URL"
        case organizer = "ORGANIZER"
        case method = "METHOD"
        case status = "STATUS"
    }
}

enum Judge {
    /// One run for many messages: starting Python takes longer than reading them.
    static func messages(_ messages: [[UInt8]]) throws -> [JudgedMessage] {
        try run("message.py", messages.map { String(decoding: $0, as: UTF8.self) })
    }

    static func message(_ bytes: [UInt8]) throws -> JudgedMessage {
        let judged = try #require(try messages([bytes]).first)
        #expect(judged.defects == [])
        return judged
    }

    static func calendars(_ calendars: [String]) throws -> [JudgedCalendar] { try run("ics.py", calendars) }

    private static func run<Verdict: Decodable>(_ script: String, _ texts: [String]) throws -> [Verdict] {
        let result = try Tool.judge(script, input: Array(try JSONEncoder().encode(texts)))
        try #require(result.status == 0, "\(script): \(result.errors)")
        return try JSONDecoder().decode([Verdict].self, from: Data(result.output))
    }
}

/// What every message that we make must be, whatever is in it: 7-bit, CRLF only, no line above 998 octets, and where we
/// choose the line ends, none above 76.
func expectWellFormed(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(bytes.allSatisfy { $0 < 0x80 && $0 != 0 }, "7-bit", sourceLocation: sourceLocation)
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    #expect(lines.last?.isEmpty == true, "ends with a line end", sourceLocation: sourceLocation)
    for line in lines.dropLast() {
        #expect(line.last == 0x0D && line.dropLast().allSatisfy { $0 != 0x0D }, "CRLF only", sourceLocation: sourceLocation)
        // An address or a Message-ID can't be folded.
        let long = line.contains(UInt8(ascii: "@")) || line.starts(with: "List-Id".utf8)
        #expect(line.count - 1 <= (long ? 998 : 76), "\(String(decoding: line, as: UTF8.self))", sourceLocation: sourceLocation)
    }
}

/// The first line that differs, whatever its end. By bytes: Swift's own equality forgives normalisation.
func firstDifference(_ a: String, _ b: String) -> String? {
    let (first, second) = (lines(a), lines(b))
    for (one, other) in zip(first, second) where one != other {
        return "\(String(decoding: one, as: UTF8.self)) instead of \(String(decoding: other, as: UTF8.self))"
    }
    return first.count == second.count ? nil : "\(first.count) lines instead of \(second.count)"
}

func lines(_ text: String) -> [[UInt8]] {
    var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
        Array(line.last == 0x0D ? line.dropLast() : line)
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}
