import Composition
import Council
import Foundation
import TestSupport
import Testing

/// Whatever a clerk or a roll writes, the message keeps its form and another program reads the same words back.
@Suite("Nasty text")
struct NastyTextTests {
    static let pieces: [String] = [
        "\r\nBcc: thief@evil.example\r\n\r\n", "\n.\n", "\r", "\0", "\u{1B}[31m", "\u{85}", "\u{2028}", "\u{202E}gpj.exe", "\u{FEFF}",
        "\u{7F}",
        "=?utf-8?Q?=0D=0A?=", "?=", "=", "\"", "\\", "<", ">", ",", ";", ":", "(", ")", "@", "'", "&", "%0D%0A", "{{authority}}", "é", "É",
        "e\u{301}", "œ", "—", "« ", " »", "🗳️", "👩🏽‍⚖️", "🇫🇷", "שלום", "مرحبا بكم", "中文", "ﷺ", "a\u{200F}b", "\u{2066}x\u{2069}", "  ", "\t",
        "From ",
        "\nFrom me", "--", "=_m", "BEGIN:VEVENT", "x", "Le conseil ", "2027", String(repeating: "w", count: 120),
        String(repeating: "é", count: 90),
    ]

    static func text(_ generator: inout some RandomNumberGenerator, upTo count: Int = 12) -> String {
        (0..<Int.random(in: 0...count, using: &generator)).map { _ in
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator)) ?? "?"
                return String(Character(scalar))
            }
            return pieces.randomElement(using: &generator) ?? ""
        }.joined()
    }

    static func draft(_ generator: inout some RandomNumberGenerator) throws -> SittingDraft {
        let items = Int.random(in: 0...5, using: &generator)
        return try Fixture.draft(
            title: text(&generator), place: Bool.random(using: &generator) ? text(&generator) : nil,
            urgencyReason: Bool.random(using: &generator) ? text(&generator) : nil,
            agenda: (0..<items).map { AgendaItem(number: $0 + 1, title: text(&generator)) },
            documents: (0..<items).map { (number: Int) in Fixture.document("\(number)", text(&generator), .item, number, 12) },
            bodyName: text(&generator, upTo: 4),
            videoLink: Bool.random(using: &generator) ? text(&generator) : nil, folderName: text(&generator))
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `never breaks a message`(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let templates = try Fixture.templates()
        var messages: [[UInt8]] = []
        var rendered: [RenderedConvocation] = []
        var drafts: [SittingDraft] = []
        var names: [(member: String, authority: String, from: String, clerk: String)] = []
        for _ in 0..<40 {
            let draft = try Self.draft(&generator)
            let member = Fixture.member(
                Self.text(&generator, upTo: 4), Self.text(&generator, upTo: 4), civility: Self.text(&generator, upTo: 2))
            let name = (member.fullName, Self.text(&generator, upTo: 4), Self.text(&generator, upTo: 4), Self.text(&generator, upTo: 4))
            let settings = Fixture.settings(authority: name.1, fromName: name.2, clerkName: name.3)
            let one = try ConvocationComposer(settings: settings, templates: templates, documents: Fixture.noDocuments)
                .preview(of: Fixture.sitting(draft), for: member, at: Fixture.now)
            expectWellFormed(one.bytes)
            messages.append(one.bytes)
            rendered.append(one)
            drafts.append(draft)
            names.append(name)
        }
        let judged = try Judge.messages(messages)
        for (index, found) in judged.enumerated() {
            #expect(found.defects == [], "\(index)")
            #expect(
                found.headers == [
                    "Date", "To", "Message-ID", "From", "Reply-To", "Subject", "References", "Auto-Submitted", "List-Id",
                    "Content-Language", "MIME-Version", "Content-Type",
                ])
            #expect(found.subject == rendered[index].subject)
            #expect(found.to == .init(name: CleanText(names[index].member).line, address: "e.legoff@valmont.example"))
            #expect(found.from == .init(name: CleanText(names[index].from).line, address: "convocations@valmont.example"))
            #expect(found.replyTo == .init(name: CleanText(names[index].clerk).line, address: "assemblees@valmont.example"))
            #expect(firstDifference(found.text ?? "", rendered[index].text) == nil)
            #expect(firstDifference(found.html ?? "", rendered[index].html) == nil)
        }
        let calendars = try Judge.calendars(judged.compactMap { $0.calendars?.first })
        #expect(calendars.count == judged.count)
        for (index, calendar) in calendars.enumerated() {
            #expect(calendar.faults == [], "\(index)")
            #expect(calendar.location == CleanText(drafts[index].place ?? "").line)
            #expect(calendar.start?.own == "2026-12-15T17:30:00Z")
        }
    }

    @Test func `cleaning keeps every letter of every script`() {
        for text in ["Éloïse Le Goff", "شكراً", "שלום", "a\u{200F}b", "e\u{301}", "👩🏽‍⚖️", "«\u{A0}L’Étoile\u{202F}»", "—", "\u{2066}x\u{2069}"]
        {
            #expect(Array(CleanText(text).line.unicodeScalars) == Array(text.unicodeScalars))
        }
        #expect(CleanText(" a\r\n\tb\u{0}\u{202E}c\u{2029}d ").line == "a bc d")
        #expect(CleanText.lines("a \r\n b\rc\u{2028}d\n\n") == "a\nb\nc\nd")
    }
}

/// splitmix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
