import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: the roll")
struct RollConformance {
    @Test("a roll that changes whom a draft would convene makes a new preview of it, and of no other", arguments: Backend.all)
    func newPreview(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let draft = try await storage.sampleDraft(members: 3, documents: [])
        let before = try await storage.noticesToCompose(limit: 9).count
        _ = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("same people"), at: Sample.now)
        #expect(try await storage.sitting(draft.id)?.revision == 1)
        _ = try await storage.replaceRoll(with: Sample.roll(4), source: Sample.hash("one more"), at: Sample.now)
        #expect(try await storage.sitting(draft.id)?.revision == 2)
        #expect(try await storage.noticesToCompose(limit: 9).count == before, "the new preview closes the old one's notice")
        // Too late to approve: nothing to preview any more.
        let afterwards = draft.draft.deadline.addingTimeInterval(1)
        _ = try await storage.replaceRoll(with: Sample.roll(5), source: Sample.hash("later"), at: afterwards)
        #expect(try await storage.sitting(draft.id)?.revision == 2)
        try await Audit(storage)
    }

    private let later = Sample.now.addingTimeInterval(3600)

    @Test("makes the roll equal to the list, and says what changed", arguments: Backend.all)
    func replaces(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let first = try await storage.replaceRoll(with: Sample.roll(12), source: Sample.hash("a"), at: Sample.now)
        #expect(first.added.count == 12 && first.changed.isEmpty && first.removed.isEmpty && first.total == 12)
        #expect(Set(try await storage.members(of: nil).map(\.entry)) == Set(Sample.roll(12)))

        var entries = Sample.roll(12)
        entries.removeLast(2)
        entries[0] = entries[0].with(email: Sample.email("nouvelle@aurence.example"))
        entries.append(RollEntry.simple("Zola", "Émile"))
        let second = try await storage.replaceRoll(with: entries, source: Sample.hash("b"), at: later)
        #expect(second.added == [entries[10]] && second.changed == [entries[0]] && second.removed.count == 2 && second.total == 11)
        #expect(Set(try await storage.members(of: nil).map(\.entry)) == Set(entries))

        let audit = try await Audit(storage)
        #expect(audit.count(.rollImported) == 2)
        #expect(audit.contents(of: .rollImported)[1]["source"]?.text == Sample.hash("b").hex)
        #expect(audit.contents(of: .rollImported)[1]["changed"] == 1)
    }

    @Test("an equal list writes nothing", arguments: Backend.all)
    func unchanged(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceRoll(with: Sample.roll(7), source: Sample.hash("a"), at: Sample.now)
        let again = try await storage.replaceRoll(with: Sample.roll(7).reversed(), source: Sample.hash("b"), at: later)
        #expect(again.added.isEmpty && again.changed.isEmpty && again.removed.isEmpty && again.total == 7)
        #expect(try await storage.journalSize() == 1)
    }

    @Test("a person keeps their number by name, or by address when the name changes", arguments: Backend.all)
    func identity(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let before = [RollEntry.simple("Martin", "Anne"), RollEntry.simple("Petit", "Léa")]
        _ = try await storage.replaceRoll(with: before, source: Sample.hash("a"), at: Sample.now)
        let numbers = try await storage.members(of: nil).map(\.id)

        let newAddress = before[0].with(email: Sample.email("ailleurs@aurence.example"))
        let newName = RollEntry.simple("Petit-Durand", "Léa").with(email: before[1].email)
        let change = try await storage.replaceRoll(with: [newAddress, newName], source: Sample.hash("b"), at: later)
        #expect(change.changed.count == 2 && change.added.isEmpty && change.removed.isEmpty)
        #expect(try await storage.members(of: nil).map(\.id) == numbers)

        // Other accents and case are the same name.
        let spelled = RollEntry.simple("MARTIN", "Anné").with(email: newAddress.email)
        _ = try await storage.replaceRoll(with: [spelled, newName], source: Sample.hash("c"), at: later)
        #expect(try await storage.members(of: nil).map(\.id) == numbers)
        try await Audit(storage)
    }

    @Test("homonyms with two addresses stay two people, whatever their order", arguments: Backend.all)
    func homonyms(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let one = RollEntry.simple("Martin", "Jean").with(email: Sample.email("jean1@aurence.example"))
        let two = RollEntry.simple("Martin", "Jean").with(email: Sample.email("jean2@aurence.example"))
        _ = try await storage.replaceRoll(with: [one, two], source: Sample.hash("a"), at: Sample.now)
        let before = try await storage.members(of: nil)
        let change = try await storage.replaceRoll(with: [two, one], source: Sample.hash("b"), at: later)
        #expect(change.changed.isEmpty && change.added.isEmpty)
        #expect(try await storage.members(of: nil) == before)
    }

    @Test("the same person twice in one list is refused whole", arguments: Backend.all)
    func duplicate(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("a"), at: Sample.now)
        let twice = [RollEntry.simple("Martin", "Anne"), RollEntry.simple("Martin", "Anne")]
        await #expect(throws: (any Error).self) {
            _ = try await storage.replaceRoll(with: twice, source: Sample.hash("b"), at: later)
        }
        #expect(try await storage.members(of: nil).count == 3)
        #expect(try await storage.journalSize() == 1)
    }

    @Test("who left can come back under their number", arguments: Backend.all)
    func comesBack(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("a"), at: Sample.now)
        let before = try await storage.members(of: nil)
        _ = try await storage.replaceRoll(with: [], source: Sample.hash("b"), at: later)
        #expect(try await storage.members(of: nil).isEmpty)
        let change = try await storage.replaceRoll(with: Sample.roll(3), source: Sample.hash("c"), at: later)
        #expect(change.added.count == 3)
        #expect(try await storage.members(of: nil) == before)
    }

    @Test("members of one body, by family name without regard to accents", arguments: Backend.all)
    func order(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let entries = ["Zola", "Émery", "d'Arc", "Martin Dupont", "Eluard", "Martin"].map { RollEntry.simple($0, "Ève") }
        let bureau = RollEntry.simple("Bureau", "Seul", bodies: ["bureau"])
        _ = try await storage.replaceRoll(with: entries + [bureau], source: Sample.hash("a"), at: Sample.now)
        let names = try await storage.members(of: Sample.council).map(\.entry.familyName)
        #expect(names == ["d'Arc", "Eluard", "Émery", "Martin", "Martin Dupont", "Zola"])
        #expect(try await storage.members(of: BodyID(rawValue: "bureau")).map(\.entry) == [bureau])
        #expect(try await storage.members(of: nil).count == 7)
    }
}

extension RollEntry {
    static func simple(_ family: String, _ given: String, bodies: [String] = ["conseil"], service: ServiceMode = .electronic) -> RollEntry {
        RollEntry(
            civility: "Mme", familyName: family, givenName: given,
            email: Sample.email("\(Spelling.slug(given)).\(Spelling.slug(family))@aurence.example"),
            bodies: bodies.map(BodyID.init(rawValue:)), service: service, language: .french)
    }

    func with(email: EmailAddress?) -> RollEntry {
        RollEntry(
            civility: civility, familyName: familyName, givenName: givenName, email: email, bodies: bodies, service: service,
            language: language)
    }
}
