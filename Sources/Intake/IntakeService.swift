package import Council
import Foundation
package import Logging
import ServiceLifecycle
package import Store
package import Templating

/// Watches the drop folder: rolls and sittings go from there into the store, each to `Traités` or `Rejetés` with a report.
///
/// - The scan is the truth; inotify only wakes it early, since network shares announce nothing.
/// - What a clerk dropped is moved, never deleted nor written over.
/// - A crash between any two steps leaves it in the drop folder or in `En cours`; the next start brings it to its end, once.
/// - A fault of ours (disk full, database) refuses nothing: it waits in `En cours` and is tried again.
package struct IntakeService: Service {
    private let intake: Intake
    private let settings: IntakeSettings
    private let logger: Logger

    /// `afterStep` is called behind each step of each thing; throwing stops the pass there, as a crash would.
    package init(
        settings: IntakeSettings, storage: any IntakeStorage, documents: DocumentStore, templates: TemplateSet, clock: WallClock,
        logger: Logger, uptime: Uptime = .system, afterStep: @escaping @Sendable (IntakeStep) throws -> Void = { _ in }
    ) {
        self.settings = settings
        self.logger = logger
        intake = Intake(
            settings: settings, storage: storage, documents: documents, templates: templates, clock: clock, uptime: uptime,
            logger: logger, afterStep: afterStep)
    }

    /// One look at the drop folder and all that follows from it. A thing is taken at the second look that finds it still.
    /// Throws `DropFolderFault` when the folder can't be used.
    package func scanOnce() async throws { _ = try await intake.scan() }

    /// Returns on graceful shutdown, behind the thing that is under way.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await watch()
            } catch is CancellationError {
                // The shutdown itself.
            }
        }
    }

    private func watch() async throws {
        let bell = Bell()
        var watcher: DropFolderWatcher?
        var fault: DropFolderFault?
        while !Task.isCancelled {
            // Before the scan: what is dropped during it rings the bell.
            if watcher?.isWatching(settings.dropFolder) != true {
                watcher = DropFolderWatcher(settings.dropFolder, bell: bell)
            }
            var pause = settings.rescan
            do throws(DropFolderFault) {
                pause = Self.pause(try await look(), settings)
                if fault != nil { logger.notice("the drop folder can be used again") }
                fault = nil
            } catch {
                if fault != error { logger.error("\(error)") }
                fault = error
            }
            try await bell.wait(atMost: pause)
            // A copy rings for each of its files; looking once a second is enough.
            try await Task.sleep(for: min(.seconds(1), settings.settle))
        }
    }

    private func look() async throws(DropFolderFault) -> Intake.Outlook {
        do {
            return try await intake.scan()
        } catch let fault as DropFolderFault {
            throw fault
        } catch {
            logger.error("the drop folder was not looked at to the end; it is tried again", metadata: ["fault": "\(error)"])
            return .idle
        }
    }

    /// While something waits, a second look is due when it could be still; else nothing but the rescan.
    private static func pause(_ outlook: Intake.Outlook, _ settings: IntakeSettings) -> Duration {
        switch outlook {
        case .idle: settings.rescan
        case .busy: min(max(settings.settle, .milliseconds(100)), settings.rescan)
        case .paused(let length): min(max(length, .seconds(1)), max(settings.rescan, .seconds(1)))
        }
    }
}
