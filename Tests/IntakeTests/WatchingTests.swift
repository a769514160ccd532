import Council
import Foundation
import Intake
import Logging
import ServiceLifecycle
import Store
import TestSupport
import Testing

@Suite struct WatchingTests {
    /// Looks twice a second, for a minute at most.
    private func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<120 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(500))
        }
        return false
    }

    private func running(_ service: IntakeService, _ work: () async throws -> Void) async throws {
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await work()
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `a drop wakes the service long before its rescan, and a shutdown ends it`() async throws {
        let world = try DropWorld(settle: .milliseconds(300))
        var settings = world.settings
        settings.rescan = .seconds(3600)
        try await running(world.service(settings: settings, uptime: .system)) {
            #expect(try await eventually { FileManager.default.fileExists(atPath: world.drop["LISEZ-MOI.txt"].path) })
            try world.put()
            #expect(try await eventually { try await world.storage.sittings().count == 1 })
            #expect(try await eventually { try world.names("Traités") == [DropWorld.sitting] })
        }
    }

    @Test func `a drop folder that isn't there, goes or comes back is waited for`() async throws {
        let world = try DropWorld(settle: .milliseconds(300))
        var settings = world.settings
        settings.rescan = .milliseconds(500)
        settings.dropFolder = world.drop["partage"]
        let service = try world.service(settings: settings, uptime: .system)
        await #expect(throws: DropFolderFault.missing(path: world.drop["partage"].path)) { try await service.scanOnce() }
        try await running(service) {
            try world.put("partage/" + DropWorld.sitting)
            #expect(try await eventually { try await world.storage.sittings().count == 1 })
            #expect(try await eventually { try world.names("partage/Traités") == [DropWorld.sitting] })
            try FileManager.default.moveItem(at: world.drop["partage"], to: world.drop["démonté"])
            try await Task.sleep(for: .seconds(1))
            #expect(!FileManager.default.fileExists(atPath: world.drop["partage"].path), "the service made the mount point's folder")
            try world.put("partage/2026-12-16 18h Bureau")
            #expect(try await eventually { try await world.storage.sittings().count == 2 })
        }
    }

    @Test func `one of our folders that is a file or a link is told, not followed`() async throws {
        let world = try DropWorld()
        let outside = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: world.drop["Traités"].path, withDestinationPath: outside.url.path)
        let service = try world.service()
        await #expect(throws: DropFolderFault.notAFolder(path: world.drop["Traités"].path)) { try await service.scanOnce() }
        try FileManager.default.removeItem(at: world.drop["Traités"])
        try world.put()
        try await world.settle(service)
        #expect(try world.names("Traités") == [DropWorld.sitting])
    }
}
