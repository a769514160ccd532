import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Erasing a former member")
struct ErasureTests {
    private static let later = Sample.now.addingTimeInterval(7 * 366 * 86_400)

    /// A member whose name and address are like nobody else's, convened, served, with a receipt; then off the roll.
    private func prepared(receipt: Bool = true) async throws -> (TestStorage, MemberID, [[UInt8]]) {
        let test = try TestStorage()
        let unusual = RollEntry(
            civility: "Mme", familyName: "Zwolinskaïa-Quéméneur", givenName: "Xénophile",
            email: try EmailAddress(parsing: "xq.unique@example.org"),
            bodies: Sample.roll(1)[0].bodies, service: .electronic, language: .french)
        let storage = test.storage
        _ = try await storage.replaceRoll(with: Sample.roll(6) + [unusual], source: Sample.hash("roll"), at: Sample.now)
        let sitting = try await storage.submit(Sample.draft(documents: Sample.documents(2)), at: Sample.now).sitting
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        let composed = try await test.composeAll()
        try await test.relayAll()
        let person = try #require(try await storage.members(of: nil).first { $0.entry == unusual })
        let status = try #require(try await storage.status(of: sitting.id).first { $0.member.id == person.id })
        let links = try #require(composed.first { $0.id == status.id }).links
        if receipt {
            for link in links {
                _ = try await storage.record(Access(link: link.id, at: Sample.now, grade: .person, signals: [], document: nil))
            }
        }
        _ = try await storage.replaceRoll(with: Sample.roll(6), source: Sample.hash("after"), at: Sample.now)
        // What must not be found again: names, address, message, keys.
        let rows = try await storage.journal(matching: JournalQuery(convocation: status.id))
        let openings = try await storage.openings(of: rows.map(\.seq))
        let traces =
            ["Zwolinskaïa-Quéméneur", "Xénophile", "xq.unique@example.org", unusual.nameKey].map { Array($0.utf8) }
            + openings.map(\.key) + openings.map(\.content)
        return (test, person.id, traces)
    }

    /// Files of the data folder in which any of these bytes is.
    private func found(_ traces: [[UInt8]], in folder: URL) throws -> [String] {
        var found: [String] = []
        for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
            guard let bytes = try? Data(contentsOf: folder.appendingPathComponent(path)) else { continue }
            for trace in traces where bytes.range(of: Data(trace)) != nil {
                found.append("\(path): \(String(decoding: trace, as: UTF8.self))")
            }
        }
        return found
    }

    @Test("nothing of them is left in any file; leaves, counts and the state's agreement with the journal stay")
    func erased() async throws {
        let (test, person, traces) = try await prepared()
        let storage = test.storage
        let folder = test.folder.url
        // The clerk's preview has left.
        let notices = try await storage.noticesToCompose(limit: 9)
        let bytes = Array("Message-ID: <preview@aurence.example>\r\n\r\nZwolinskaïa-Quéméneur\r\n".utf8)
        let preview = OutgoingMessage(
            kind: .preview, messageID: "preview@aurence.example", envelopeSender: Sample.email("assemblees@aurence.example"),
            recipient: Sample.email("greffe@aurence.example"), bytes: bytes, hash: Sample.hash(bytes), deadline: nil)
        try await storage.close(try #require(notices.first).id, with: [preview], links: [], at: Sample.now)
        try await test.relayAll()
        #expect(try found(traces, in: folder).count >= traces.count, "the scan finds what is there")
        let before = try await storage.publicSittings()
        let leaves = try await storage.journal(from: 0, limit: .max)
        let erasure = try await storage.erase(person, ifLastSittingBefore: Self.later, at: Self.later)
        #expect(erasure.convocations == 1 && erasure.entries >= 4)
        // What goes beside, since it may name them, is told.
        #expect(erasure.clerksMails == 1 && erasure.notices == 1)
        #expect(try found(traces, in: folder) == [])
        let after = try await storage.publicSittings()
        #expect(after == before && after.first?.acknowledged == 1)
        let rows = try await storage.journal(from: 0, limit: .max)
        #expect(Array(rows.dropLast()) == leaves && rows.last?.seq == erasure.seq)
        let state = try await storage.compareState(limit: 9)
        #expect(state.differences == [])
        #expect(try await storage.structuralFaults() == [])
        #expect(try await storage.formerMembers().map(\.id) == [])
        // By the millisecond their message would be found in a relay's log.
        let sitting = try #require(try await storage.sittings().first).id
        let times = try await storage.status(of: sitting).filter { $0.member.id == person }.map(\.relayedAt)
        #expect(times == [Date(timeIntervalSince1970: (Sample.now.timeIntervalSince1970 / 3600).rounded(.down) * 3600)])
        let leaf = String(decoding: try #require(rows.last).leaf, as: UTF8.self)
        #expect(leaf.contains("member.erased") && !leaf.contains("convocations"))
    }

    @Test("who is on the roll, was convened lately, or is nobody, is not erased")
    func refused() async throws {
        let (test, person, _) = try await prepared(receipt: false)
        let storage = test.storage
        let size = try await storage.journalSize()
        await #expect(throws: StorageError.self) { try await storage.erase(person, ifLastSittingBefore: Sample.now, at: Self.later) }
        // Nor is the clock vouched for by what is refused.
        await #expect(throws: StorageError.self) {
            try await storage.erase(MemberID(rawValue: 999), ifLastSittingBefore: Self.later, acceptingClock: true, at: Self.later)
        }
        await #expect(throws: StorageError.self) {
            try await storage.erase(person, ifLastSittingBefore: Sample.now, acceptingClock: true, at: Self.later)
        }
        let listed = try #require(try await storage.members(of: nil).first)
        await #expect(throws: StorageError.stillListed(listed.id)) {
            try await storage.erase(listed.id, ifLastSittingBefore: Self.later, at: Self.later)
        }
        await #expect(throws: StorageError.noSuchMember(MemberID(rawValue: 999))) {
            try await storage.erase(MemberID(rawValue: 999), ifLastSittingBefore: Self.later, at: Self.later)
        }
        #expect(try await storage.journalSize() == size)
        // Erasing twice finds nothing more to erase, and enters nothing.
        _ = try await storage.erase(person, ifLastSittingBefore: Self.later, at: Self.later)
        await #expect(throws: StorageError.alreadyErased(person)) {
            try await storage.erase(person, ifLastSittingBefore: Self.later, at: Self.later)
        }
        #expect(try await storage.journalSize() == size + 1)
    }

    @Test("nothing of who got copies is left in any file either, and another's erasure leaves copies alone")
    func erasedCopies() async throws {
        let (test, member, _) = try await prepared()
        let storage = test.storage
        let person = Sample.councillor("Xénophon", "Quillivéré-Zzz", "qz.unique@example.org", commune: "Trézélidé-Unique")
        _ = try await storage.replaceCopies(with: [person], at: Sample.now)
        let draft = Sample.draft(documents: [], day: "2026-12-22")
        let sitting = try await storage.submit(draft, at: Sample.now).sitting
        _ = try await storage.approve(sitting.id, revision: nil, by: "test", at: Sample.now)
        try await test.composeAll()
        // The copy waits for the convocations.
        try await test.relayAll()
        try await storage.writeCopies()
        try await test.relayAll()
        _ = try await storage.erase(member, ifLastSittingBefore: Self.later, at: Self.later)
        #expect(try await storage.copyCounts(of: sitting.id) == CopyCounts(total: 1, relayed: 1, waiting: 0, failed: 0))
        let traces = [person.familyName, "Xénophon", "qz.unique@example.org", person.commune, person.key].map { Array($0.utf8) }
        _ = try await storage.replaceCopies(with: [], at: Self.later)
        #expect(try found(traces, in: test.folder.url).count >= traces.count)
        let id = try #require(try await storage.formerCopyRecipients().first).id
        #expect(try await storage.eraseCopyRecipient(id, at: Self.later) == 1)
        #expect(try found(traces, in: test.folder.url) == [])
        #expect(try await storage.compareState(limit: 9).differences == [])
        #expect(try await storage.structuralFaults() == [])
    }
}
