import Council
import Foundation
import Logging
import Store
import Templating

/// Why a thing under way can't be finished now; it stays in `En cours`, untouched.
enum Interruption: Error {
    /// Somebody wrote into it, or took it away: it has to be still again.
    case changed
    case locked(String)
}

/// `afterStep` stopped the pass.
struct Stopped: Error {
    let reason: any Error
}

/// Looks at the drop folder and brings what lies there on its way. All state is in memory and can be lost: what was
/// claimed is found again in `En cours`, what was submitted is recognised by the store.
actor Intake {
    let settings: IntakeSettings
    let storage: any IntakeStorage
    let documents: DocumentStore
    let reports: Reports
    let clock: WallClock
    let uptime: Uptime
    let logger: Logger
    /// Called behind each step; throwing stops there, as a crash would.
    let afterStep: @Sendable (IntakeStep) throws -> Void

    private nonisolated let work = FileWork()
    nonisolated var unownedExecutor: UnownedSerialExecutor { work.asUnownedSerialExecutor() }

    var stillness = Stillness()
    var pauses = Pauses()
    /// What this run claimed itself: all else in `En cours` was left by a run before.
    var claimed: Set<FileID> = []
    private var underWay: Task<Outlook, any Error>?
    /// Nil: nothing yet; a page that a run before left behind is replaced.
    private var told: [Waiting]?
    private var wroteReadMe = false

    /// When to look again, at the latest.
    enum Outlook: Sendable { case idle, busy, paused(Duration) }

    init(
        settings: IntakeSettings, storage: any IntakeStorage, documents: DocumentStore, templates: TemplateSet, clock: WallClock,
        uptime: Uptime, logger: Logger, afterStep: @escaping @Sendable (IntakeStep) throws -> Void
    ) {
        self.settings = settings
        self.storage = storage
        self.documents = documents
        self.reports = Reports(templates: templates, authority: settings.authority, language: settings.language)
        self.clock = clock
        self.uptime = uptime
        self.logger = logger
        self.afterStep = afterStep
    }

    /// One pass at a time, whoever asks: two would claim the same things.
    func scan() async throws -> Outlook {
        while let task = underWay { _ = await task.result }
        let task = Task {
            defer { underWay = nil }
            return try await pass()
        }
        underWay = task
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func pass() async throws -> Outlook {
        let folder = try DropFolder(opening: settings.dropFolder)
        try prepare(folder)
        var waiting: [Waiting] = []
        var seen: Set<FileID> = []
        try claimAll(in: folder, &waiting, &seen)
        for item in items(under: folder, &waiting, &seen) {
            // A stop that is asked for waits for the item under way, not for the others.
            if Task.isCancelled { break }
            try await bring(item, in: folder, &waiting)
        }
        if !Task.isCancelled {
            stillness.keep(only: seen)
            pauses.keep(only: seen)
            claimed.formIntersection(seen)
        }
        tell(waiting, in: folder)
        if waiting.isEmpty { return .idle }
        return waiting.allSatisfy(\.isFault) ? .paused(pauses.shortest(at: uptime.now()) ?? settings.rescan) : .busy
    }

    func step(_ step: IntakeStep) throws(Stopped) {
        do {
            try afterStep(step)
        } catch {
            throw Stopped(reason: error)
        }
    }

    /// `LISEZ-MOI.txt`, written anew when our words changed. One that a clerk wrote into is kept, under `Traités`.
    private func prepare(_ folder: DropFolder) throws {
        let name = RawName(FileNames.readMe)
        if wroteReadMe, try folder.root.status(name) != nil { return }
        let text = try reports.readMe(at: clock.now())
        do throws(FolderFault) {
            if try folder.root.status(name) != nil {
                if try folder.root.file(name).read(text.count + 1, at: 0) == text {
                    wroteReadMe = true
                    return
                }
                try folder.root.move(name, to: folder.done, asFreeNameLike: name)
            }
            try folder.root.write(text, as: name)
            wroteReadMe = true
        } catch {
            logger.warning("LISEZ-MOI.txt can't be written into the drop folder", metadata: ["fault": "\(error)"])
        }
    }

    /// Clerks read `En cours/rapport.html`; IT reads the log. Both are told of a change only.
    private func tell(_ waiting: [Waiting], in folder: DropFolder) {
        for item in waiting where item.isFault && told?.contains(item) != true {
            logger.error("something in the drop folder can't be taken yet", metadata: ["name": "\(item.name)", "reason": "\(item.reason)"])
        }
        for item in told ?? [] where item.isFault && !waiting.contains(where: { $0.name == item.name }) {
            logger.notice("something in the drop folder that could not be taken is no longer held up", metadata: ["name": "\(item.name)"])
        }
        do {
            let name = RawName(FileNames.report)
            guard try waiting != told || folder.underWay.status(name) == nil else { return }
            if try folder.underWay.status(name) == nil || OwnReport.isOne(name, in: folder.underWay) {
                try folder.underWay.write(reports.waiting(waiting, at: clock.now()), as: name)
            }
        } catch {
            logger.warning("the report of what waits can't be written", metadata: ["fault": "\(error)"])
        }
        told = waiting
    }
}

/// How long to leave something alone after a fault of ours: 2 s, doubled each time, at most 10 minutes.
struct Pauses {
    private struct Pause {
        var attempts: Int
        var until: Duration
        var reason: String
    }

    private var pauses: [FileID: Pause] = [:]

    mutating func fault(_ id: FileID, _ reason: String, at now: Duration) {
        let attempts = (pauses[id]?.attempts ?? 0) + 1
        let length = Duration.seconds(min(600, 1 << min(attempts, 10)))
        pauses[id] = Pause(attempts: attempts, until: now + length, reason: reason)
    }

    /// The fault that it still rests from; nil: go on.
    func reason(_ id: FileID, at now: Duration) -> String? { pauses[id].flatMap { $0.until > now ? $0.reason : nil } }

    mutating func clear(_ id: FileID) { pauses[id] = nil }

    mutating func keep(only ids: Set<FileID>) { pauses = pauses.filter { ids.contains($0.key) } }

    func shortest(at now: Duration) -> Duration? { pauses.values.map { max($0.until - now, .zero) }.min() }
}
