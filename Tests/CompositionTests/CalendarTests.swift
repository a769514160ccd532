import Composition
import Council
import Foundation
import TestSupport
import Testing

@Suite("A sitting's calendar")
struct CalendarTests {
    func calendar(_ draft: SittingDraft, zone: TimeZone = Fixture.zone) throws -> JudgedCalendar {
        let composer = try Fixture.composer(Fixture.settings(zone: zone))
        let rendered = try composer.preview(of: Fixture.sitting(draft), for: Fixture.member(), at: Fixture.now)
        let judged = try Judge.message(rendered.bytes)
        let calendar = try #require(try Judge.calendars(Array((judged.calendars ?? []).prefix(1))).first)
        #expect(calendar.faults == [])
        return calendar
    }

    @Test func `says what, when and where`() throws {
        let found = try calendar(try Fixture.draft())
        #expect(found.method == "PUBLISH")
        #expect(found.uid == "2026-12-15-18h30-conseil@valmont.example")
        #expect(found.sequence == "1")
        #expect(found.stamp == "2026-12-01T08:00:07Z")
        #expect(found.summary == "Conseil communautaire — budget 2027 🗳️")
        #expect(found.location == "Salle des fêtes « L’Étoile », 1 place de la Mairie, 29200 Saint-Côme")
        #expect(found.url == "https://visio.valmont.example/conseil?id=42&lang=fr")
        #expect(
            found.description == """
                Communauté d’agglomération de Valmont
                Conseil communautaire
                https://visio.valmont.example/conseil?id=42&lang=fr
                1. Budget primitif 2027
                2. Tarifs de l’eau & de l’assainissement <HT>
                4. اتفاقية التوأمة مع مدينة صفاقس
                """)
        #expect(found.organizer == "mailto:assemblees@valmont.example")
        #expect(found.organizerName == "Communauté d’agglomération de Valmont")
        #expect(found.start == .init(own: "2026-12-15T17:30:00Z", named: "2026-12-15T17:30:00Z"))
        #expect(found.end == .init(own: "2026-12-15T19:30:00Z", named: "2026-12-15T19:30:00Z"))
        #expect(found.observances == ["DAYLIGHT", "STANDARD"])
        #expect(found.rules == ["FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"])
    }

    @Test func `keeps commas, semicolons, backslashes, quotes and line ends apart`() throws {
        let place = "Salle A, B; C\\D \"E\""
        let found = try calendar(try Fixture.draft(title: "a;b,c\\n\"d\"\r\nBEGIN:VEVENT", place: place))
        #expect(found.location == place)
        #expect(found.summary == "a;b,c\\n\"d\" BEGIN:VEVENT")
    }

    /// Day, hour, zone, and the instant that a clock on the wall there means.
    @Test(arguments: [
        ("2026-12-15", 18, "Europe/Paris", "2026-12-15T17:00:00Z"), ("2027-07-01", 18, "Europe/Paris", "2027-07-01T16:00:00Z"),
        // Sundays on which the clocks change, before and after.
        ("2027-03-28", 1, "Europe/Paris", "2027-03-28T00:00:00Z"), ("2027-03-28", 9, "Europe/Paris", "2027-03-28T07:00:00Z"),
        ("2026-10-25", 1, "Europe/Paris", "2026-10-24T23:00:00Z"), ("2026-10-25", 9, "Europe/Paris", "2026-10-25T08:00:00Z"),
        ("2027-10-31", 18, "Europe/Paris", "2027-10-31T17:00:00Z"), ("2027-10-30", 18, "Europe/Paris", "2027-10-30T16:00:00Z"),
        // Zones of the French overseas, which never change; one that follows another rule; one that follows none.
        ("2026-12-15", 18, "Indian/Reunion", "2026-12-15T14:00:00Z"), ("2026-07-15", 18, "Pacific/Noumea", "2026-07-15T07:00:00Z"),
        ("2026-07-15", 18, "Pacific/Marquesas", "2026-07-16T03:30:00Z"), ("2026-07-15", 18, "America/Miquelon", "2026-07-15T20:00:00Z"),
        ("2026-12-15", 18, "America/Miquelon", "2026-12-15T21:00:00Z"), ("2026-12-15", 18, "Africa/Casablanca", "2026-12-15T17:00:00Z"),
        ("2026-02-25", 18, "Africa/Casablanca", "2026-02-25T18:00:00Z"),
    ])
    func `starts at the right instant`(day: String, hour: Int, zoneName: String, instant: String) throws {
        let zone = try #require(TimeZone(identifier: zoneName))
        let found = try calendar(try Fixture.draft(day: day, hour: hour, minute: 0, zone: zone), zone: zone)
        #expect(found.start == .init(own: instant, named: instant))
    }

    @Test func `needs no rule where the clocks never change`() throws {
        let zone = try #require(TimeZone(identifier: "Indian/Reunion"))
        let found = try calendar(try Fixture.draft(zone: zone), zone: zone)
        #expect(found.observances == ["STANDARD"])
        #expect(found.rules == [])
    }
}
