import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("Any store: copies to who is not convened")
struct CopyConformance {
    private let later = Sample.now.addingTimeInterval(3600)

    private static let list = [
        Sample.councillor("Zoé", "Abgrall", "mairie@saint-come.example"), Sample.councillor("Ali", "Breton", "mairie@saint-come.example"),
        Sample.councillor("Léa", "Corre", "l.corre@plouzel.example", bodies: [BodyID(rawValue: "bureau")]),
    ]

    @Test("the listed get one after the approval, count nowhere, and have no link", arguments: Backend.all)
    func told(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let change = try await storage.replaceCopies(with: Self.list, at: Sample.now)
        #expect(change.added == Self.list && change.removed == [] && change.convened == [])
        let size = try await storage.journalSize()
        #expect(size == 0, "no fact of the journal")
        let sitting = try await storage.sampleApproved(members: 5, documents: Sample.documents(2))
        #expect(try await storage.copyCounts(of: sitting.id) == CopyCounts(total: 2, relayed: 0, waiting: 2, failed: 0))
        // While a convocation may still leave, none goes.
        #expect(try await storage.writeCopies().isEmpty)
        try await storage.composeAll()
        let slow = try await storage.lease(limit: 99, at: Sample.now)
        try await storage.record(
            slow.map { Sample.outcome(of: $0, $0.id == slow[0].id ? .deferred(retryAt: later) : .accepted, at: Sample.now) })
        #expect(try await storage.copiesToCompose(limit: 9).isEmpty)
        try await storage.relayAll(at: later)
        let plain = try await storage.publicSitting(sitting.id)
        #expect(try await storage.writeCopies().count == 2)
        // Copies that were due first still let what convenes go ahead.
        let other = try await storage.submit(Sample.draft(documents: [], day: "2026-12-17"), at: later).sitting
        _ = try await storage.approve(other.id, revision: 1, by: "test", at: later)
        try await storage.composeAll(at: later)
        let first = try await storage.lease(limit: 1, at: later)
        #expect(first.map(\.message.kind) == [.convocation])
        let rest = try await storage.lease(limit: 99, at: later)
        #expect(rest.suffix(2).map(\.message.kind) == [.copy, .copy] && !rest.dropLast(2).contains { $0.message.kind == .copy })
        let entries = try await storage.journalSize()
        try await storage.record(rest.suffix(2).map { Sample.outcome(of: $0, .accepted, at: later) })
        #expect(try await storage.journalSize() == entries)
        #expect(try await storage.copyCounts(of: sitting.id) == CopyCounts(total: 2, relayed: 2, waiting: 0, failed: 0))
        #expect(try await storage.status(of: sitting.id).count == 5)
        #expect(try await storage.publicSitting(sitting.id) == plain, "the public counts know nothing of copies")
        #expect(try await storage.copiesToCompose(limit: 9).isEmpty, "the other sitting's wait")
        _ = try await Audit(storage)
    }

    @Test(
        "who is convened gets none, under either name or address; a change of the list changes no approved sitting", arguments: Backend.all)
    func convened(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let members = Sample.roll(5)
        let address = try #require(members.compactMap(\.email).first)
        let namesake = Sample.councillor(members[1].givenName, members[1].familyName, "ailleurs@example.org")
        let list = [namesake, Sample.councillor("Autre", "Nom", address.description), Self.list[0]]
        _ = try await storage.sampleDraft(members: 5, documents: [])
        #expect(Set(try await storage.replaceCopies(with: list, at: Sample.now).convened) == Set(list.prefix(2)))
        #expect(try await storage.copyRecipients(of: Sample.council).map(\.entry) == [Self.list[0]])
        let sitting = try await storage.sampleApproved(members: 5, documents: [])
        let change = try await storage.replaceCopies(with: [], at: later)
        #expect(change.removed.count == 3)
        #expect(try await storage.copyRecipients(of: nil).isEmpty)
        try await storage.composeAll(at: later)
        try await storage.relayAll(at: later)
        // Who never had one is gone at once; the other's line stays for what is on its way.
        #expect(try await storage.formerCopyRecipients().map(\.entry) == [Self.list[0]])
        #expect(try await storage.writeCopies(at: later).count == 1)
        #expect(try await storage.copyCounts(of: sitting.id).total == 1)
        _ = try await Audit(storage)
    }

    @Test("a cancellation is told to whom the relay took a copy for, or may have; the rest doesn't leave", arguments: Backend.all)
    func cancelled(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        let list = (1...6).map { Sample.councillor("P\($0)", "N\($0)", "p\($0)@example.org") }
        _ = try await storage.replaceCopies(with: list, at: Sample.now)
        let sitting = try await storage.sampleApproved(members: 1, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await storage.writeCopies()
        let leased = try await storage.lease(limit: 5, at: Sample.now)
        let results: [DeliveryOutcome.Result] = [.accepted, .deferred(retryAt: later), .unknown(retryAt: later), .refused]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: Sample.now) })
        try await storage.cancel(sitting.id, by: "test", at: Sample.now)
        #expect(try await storage.copiesToCompose(limit: 9).map(\.kind) == [.cancellation, .cancellation])
        // The fifth was under way, and leaves after all.
        try await storage.record([Sample.outcome(of: leased[4], .accepted, at: Sample.now)])
        let told = try await storage.writeCopies()
        #expect(Set(told.map(\.message.recipient)) == Set([leased[0], leased[2], leased[4]].map(\.message.recipient)))
        let due = try await storage.lease(limit: 99, at: later).filter { $0.message.kind == .copy }
        #expect(due.map(\.message.messageID) == told.map(\.message.messageID), "nothing else is left to go")
        _ = try await Audit(storage)
    }

    @Test("past the sitting's hour, nothing leaves any more", arguments: Backend.all)
    func late(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceCopies(with: Self.list, at: Sample.now)
        let sitting = try await storage.sampleApproved(members: 1, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await storage.writeCopies()
        let start = sitting.draft.start
        #expect(try await storage.lease(limit: 9, at: start).isEmpty)
        #expect(try await storage.copyCounts(of: sitting.id) == CopyCounts(total: 2, relayed: 0, waiting: 0, failed: 2))
        let notices = try await storage.noticesToCompose(limit: 9).map(\.content)
        #expect(!notices.contains { if case .undelivered = $0 { true } else { false } })
        _ = try await Audit(storage)
    }

    @Test("who is off the list is erased, and the number of copies stays", arguments: Backend.all)
    func erased(_ backend: Backend) async throws {
        let opened = try backend.open()
        defer { opened.end() }
        let storage = opened.storage
        _ = try await storage.replaceCopies(with: Self.list, at: Sample.now)
        let sitting = try await storage.sampleApproved(members: 1, documents: [])
        try await storage.composeAll()
        try await storage.relayAll()
        try await storage.writeCopies()
        try await storage.relayAll()
        let person = try #require(try await storage.copyRecipients(of: Sample.council).first)
        await #expect(throws: StorageError.stillCopied(person.id)) { _ = try await storage.eraseCopyRecipient(person.id, at: later) }
        _ = try await storage.replaceCopies(with: Array(Self.list.dropFirst()), at: later)
        #expect(try await storage.formerCopyRecipients() == [person])
        #expect(try await storage.eraseCopyRecipient(person.id, at: later) == 1)
        await #expect(throws: StorageError.noSuchCopyRecipient(person.id)) {
            _ = try await storage.eraseCopyRecipient(person.id, at: later)
        }
        #expect(try await storage.formerCopyRecipients().isEmpty)
        #expect(try await storage.copyCounts(of: sitting.id).total == 2)
        try await storage.cancel(sitting.id, by: "test", at: later)
        #expect(try await storage.copiesToCompose(limit: 9).map(\.recipient) == [Self.list[1]])
        _ = try await Audit(storage)
    }
}
