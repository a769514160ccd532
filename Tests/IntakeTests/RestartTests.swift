import Council
import Foundation
import Intake
import Store
import Synchronization
import TestSupport
import Testing

/// Stops behind each step, as a crash would; a new service must bring the thing to its end, once.
@Suite struct RestartTests {
    @Test(arguments: IntakeStep.allCases, [false, true])
    func `a sitting is taken once, wherever the service stopped`(step: IntakeStep, sends: Bool) async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(texts: sends ? ["ENVOYER.txt": ""] : [:])
        let stopped = try world.service(stopAfter: step)
        do { try await world.bringAll(stopped) } catch {}
        // Nothing is lost in between.
        let places = try ["", "En cours", "Traités"].map { try world.names($0).count { $0 == DropWorld.sitting } }
        #expect(places.reduce(0, +) == 1, "\(places)")

        try await world.bringAll(world.service())
        let sittings = try await world.storage.sittings()
        #expect(sittings.map(\.revision) == [1] && sittings.map(\.state) == [sends ? .approved : .draft])
        #expect(try world.names("") == [] && world.names("En cours") == [] && world.names("Rejetés") == [])
        #expect(try world.names("Traités") == [DropWorld.sitting])
        #expect(try world.names("Traités/" + DropWorld.sitting).count == (sends ? 6 : 5))
        #expect(try await world.notices().count { if case .rejected = $0 { true } else { false } } == 0)
        #expect(try await world.storage.status(of: sittings[0].id).count == (sends ? 3 : 0))
        #expect(try await world.storage.journal(matching: JournalQuery(types: [.sittingReceived])).count == 1)
        #expect(try await world.storage.journal(matching: JournalQuery(types: [.sittingApproved])).count == (sends ? 1 : 0))
    }

    @Test(arguments: IntakeStep.allCases)
    func `a refused folder ends in Rejetés once, and the clerk is told at least once`(step: IntakeStep) async throws {
        let world = try DropWorld()
        try world.put(DropWorld.sitting, ["Budget.pdf"])
        do { try await world.bringAll(world.service(stopAfter: step)) } catch {}
        try await world.bringAll(world.service())
        #expect(try world.names("Rejetés") == [DropWorld.sitting])
        #expect(try world.names("Rejetés/" + DropWorld.sitting) == ["Budget.pdf", "rapport.html"])
        #expect(try world.names("") == [] && world.names("En cours") == [] && world.names("Traités") == [])
        #expect(try await (1...2).contains(world.notices().count))
    }

    @Test(arguments: IntakeStep.allCases, [true, false])
    func `a roll is taken or refused once`(step: IntakeStep, good: Bool) async throws {
        let world = try DropWorld()
        try world.drop.write(good ? DropWorld.roll : DropWorld.roll + "x", to: "membres.csv")
        do { try await world.bringAll(world.service(stopAfter: step)) } catch {}
        try await world.bringAll(world.service())
        #expect(try world.names("") == [] && world.names("En cours") == [])
        #expect(try await world.storage.members(of: nil).count == (good ? 4 : 0))
        if good {
            #expect(try world.names("Traités") == ["2026-11-24 09h05 membres - rapport.html", "2026-11-24 09h05 membres.csv"])
            #expect(try await world.storage.journal(matching: JournalQuery(types: [.rollImported])).count == 1)
        } else {
            #expect(try world.names("Rejetés/2026-11-24 09h05 membres") == ["membres.csv", "rapport.html"])
        }
    }

    @Test func `a deadline that passes while the service is down doesn't refuse what was submitted in time`() async throws {
        let world = try DropWorld(now: "2026-12-09 23:59")
        try world.put()
        do { try await world.bringAll(world.service(stopAfter: .submitted)) } catch {}
        #expect(try await world.storage.sittings().count == 1)
        world.setClock("2026-12-10 08:00")
        try await world.bringAll(world.service())
        #expect(try world.names("Traités") == [DropWorld.sitting] && world.names("Rejetés") == [])
        // While another folder of the same sitting is too late.
        try world.put(DropWorld.sitting, ["01 Autre.pdf"])
        try await world.bringAll(world.service())
        #expect(try world.names("Rejetés") == [DropWorld.sitting])
    }

    @Test func `a sitting cancelled while its folder was under way doesn't come back to be sent`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(texts: ["ENVOYER.txt": ""])
        do { try await world.bringAll(world.service(stopAfter: .approved)) } catch {}
        let id = try #require(try await world.storage.sittings().first?.id)
        try await world.storage.cancel(id, by: "test", at: instant("2026-11-24 10:00"))
        let service = try world.service()
        try await world.bringAll(service)
        #expect(try await world.storage.sittings().map(\.state) == [.cancelled])
        #expect(try world.text("Traités/\(DropWorld.sitting)/rapport.html").contains("puis annulée"))
        // Dropped anew, it is a new sitting.
        try world.put()
        try await world.bringAll(service)
        #expect(try await world.storage.sittings().map(\.state).contains(.draft))
    }

    @Test func `a fault of ours refuses nothing: it waits, for longer each time, and is taken when it can be`() async throws {
        let world = try DropWorld()
        try world.put()
        // The document store's folder is there, and a file stands in the way of its next one.
        let root = world.store.documents.root
        let aside = world.store.folder["aside"]
        try FileManager.default.moveItem(at: root, to: aside)
        try Data("x".utf8).write(to: root)
        let service = try world.service()
        try await world.settle(service)
        #expect(try world.names("En cours") == [DropWorld.sitting] && world.names("Rejetés") == [])
        #expect(try world.text("En cours/rapport.html").contains("incident technique"))
        #expect(try await world.notices().isEmpty)
        for _ in 0..<3 { try await world.settle(service) }
        try FileManager.default.removeItem(at: root)
        try FileManager.default.moveItem(at: aside, to: root)
        try await service.scanOnce()
        world.pass(.seconds(700))
        try await service.scanOnce()
        #expect(try world.names("Traités") == [DropWorld.sitting])
        #expect(try await world.storage.sittings().count == 1)
    }

    @Test func `the page of what waits is true after a restart`() async throws {
        let world = try DropWorld()
        try world.put()
        try await world.service().scanOnce()
        #expect(try world.text("En cours/rapport.html").contains(DropWorld.sitting))
        try FileManager.default.removeItem(at: world.drop[DropWorld.sitting])
        try await world.service().scanOnce()
        #expect(try world.text("En cours/rapport.html").contains("Rien n’attend"))
    }

    @Test func `a database that fails refuses nothing either`() async throws {
        let world = try DropWorld()
        try world.put()
        try world.drop.write(DropWorld.roll, to: "membres.csv")
        let storage = FailingStorage(real: world.storage)
        let service = try world.service(storage: storage)
        storage.fails.withLock { $0 = true }
        try await world.bringAll(service)
        #expect(try world.names("En cours") == [DropWorld.sitting, "membres.csv"])
        #expect(try world.names("Rejetés") == [])
        storage.fails.withLock { $0 = false }
        world.pass(.seconds(700))
        try await world.bringAll(service)
        #expect(try world.names("En cours") == [] && world.names("Rejetés") == [])
        #expect(try await world.storage.sittings().count == 1)
        #expect(try await world.storage.members(of: nil).count == 4)
    }
}
