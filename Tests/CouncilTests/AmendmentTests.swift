import Council
import Foundation
import TestSupport
import Testing

@Suite("What is dropped after the convocations")
struct AmendmentTests {
    private let sent = Sample.draft(documents: Sample.documents(3, confidential: [2]))

    private func dropped(
        _ documents: [Document], agenda: [AgendaItem]? = nil, title: String? = nil, place: String? = nil, video: String? = nil,
        urgency: String? = nil
    ) -> SittingDraft {
        SittingDraft(
            body: sent.body, bodyName: sent.bodyName, when: sent.when, start: sent.start,
            deadline: sent.deadline.addingTimeInterval(86_400),
            requiredClearDays: 1, title: title ?? sent.bodyName, place: place, videoLink: video, urgencyReason: urgency,
            agenda: agenda ?? documents.compactMap { document in document.item.map { AgendaItem(number: $0, title: document.title) } },
            documents: documents, folderName: sent.folderName)
    }

    private func document(_ number: Int, _ version: String = "v2", confidential: Bool = false) -> Document {
        Sample.document(number, hash: Sample.hash("\(version) \(number)"), size: 9, confidential: confidential)
    }

    @Test func `the same folder, whole or in part, says nothing new`() {
        #expect(Amendment(of: sent, by: sent) == nil)
        #expect(Amendment(of: sent, by: dropped([])) == nil)
        #expect(Amendment(of: sent, by: dropped([sent.documents[1]])) == nil)
    }

    @Test func `a new document joins in its place, with its item; what was left out stays`() throws {
        let amendment = try #require(Amendment(of: sent, by: dropped([document(3)])))
        #expect(amendment.added.map(\.label) == ["03"] && amendment.replaced.isEmpty && !amendment.movesSitting)
        #expect(amendment.addedItems.map(\.number) == [3])
        #expect(amendment.draft.documents.map(\.label) == ["00", "01", "02", "03"])
        #expect(amendment.draft.place == sent.place && amendment.draft.deadline == sent.deadline)
        #expect(amendment.draft.requiredClearDays == 5 && amendment.urgencyReason == nil)
    }

    @Test func `a replaced document stays under its own links, and as confidential as it was`() throws {
        let amendment = try #require(Amendment(of: sent, by: dropped([document(1), document(2)])))
        #expect(amendment.replaced.map(\.new.label) == ["01", "02"] && amendment.added.isEmpty)
        #expect(amendment.draft.superseded == [sent.documents[1], sent.documents[2]])
        #expect(amendment.draft.document(sent.documents[1].hash) == sent.documents[1])
        #expect(amendment.draft.documents.map(\.confidential) == [false, false, true])
        // Put back as it was: it stands again, and the other one is what was replaced.
        let back = try #require(Amendment(of: amendment.draft, by: sent))
        #expect(back.draft.documents.map(\.hash) == sent.documents.map(\.hash))
        #expect(back.draft.superseded.map(\.label) == ["01", "02"])
    }

    @Test func `what was confidential is never made public by a line that was forgotten`() {
        let open = Sample.documents(3)
        #expect(Amendment(of: sent, by: dropped(open)) == nil)
        let hidden = Amendment(of: sent, by: dropped(Sample.documents(3, confidential: [1, 2])))
        #expect(hidden?.draft.documents.map(\.confidential) == [false, true, true])
    }

    @Test func `another place or video link moves the sitting`() throws {
        let moved = try #require(Amendment(of: sent, by: dropped([], place: "Salle polyvalente")))
        #expect(moved.hasNewPlace && moved.movesSitting && moved.changesCalendar && moved.formerPlace == sent.place)
        #expect(moved.newDocuments.isEmpty && moved.draft.documents == sent.documents)
        let online = try #require(Amendment(of: sent, by: dropped([], video: "https://visio.example/x")))
        #expect(online.hasNewVideoLink && !online.hasNewPlace && online.draft.place == sent.place)
    }

    @Test func `what waits is kept by a drop of new files alone, and replaced by a whole folder`() throws {
        let first = try #require(Amendment(of: sent, by: dropped([document(3)], urgency: "La digue a rompu cette nuit")))
        let more = try #require(Amendment(of: sent, by: dropped([document(4)]), after: first))
        #expect(more.added.map(\.label) == ["03", "04"] && more.urgencyReason == "La digue a rompu cette nuit")
        let whole = try #require(Amendment(of: sent, by: dropped(sent.documents + [document(5)]), after: first))
        #expect(whole.added.map(\.label) == ["05"])
        #expect(Amendment(of: sent, by: sent, after: first) == nil, "the folder as it was sent takes back what waits")
    }

    @Test func `calendars know a replaced sitting and the one in its place as one, with rising numbers`() {
        func sitting(_ id: String, _ draft: SittingDraft, _ revision: Int) -> Sitting {
            Sitting(
                id: SittingID(rawValue: id), draft: draft, state: .approved, revision: revision, receivedAt: Sample.now,
                approvedAt: Sample.now)
        }
        var last = sitting("first", sent, 7)
        for name in ["second", "third"] {
            let draft = SittingDraft(
                body: sent.body, bodyName: sent.bodyName, when: sent.when, start: sent.start, deadline: sent.deadline, requiredClearDays: 5,
                title: sent.title, place: nil, videoLink: nil, urgencyReason: nil, agenda: [], documents: [], folderName: name,
                replaces: ReplacedSitting(last))
            let next = sitting(name, draft, 1)
            #expect(next.family.rawValue == "first" && next.calendarSequence > last.calendarSequence)
            last = next
        }
    }
}
