package import Council
import DefaultFiles
package import Foundation
package import Ledger
package import Logging
import Reception
import Register
package import Store
package import Templating

/// Everything of one installation, opened: what the service runs on and what the commands work with.
package struct Gateway: Sendable {
    /// Why the data folder is opened.
    package enum Role: Sendable {
        /// The one process that runs the stages: it holds the folder's lock.
        case service
        /// A command, beside a service that may be running.
        case tool
    }

    package let settings: Settings
    package let storage: any Storage
    package let documents: DocumentStore
    package let templates: TemplateSet
    package let keyring: LiveKeyring
    package let signingKey: NoteSigningKey
    package let clock: WallClock
    package let randomness: Randomness
    package let logger: Logger
    /// Nil for a tool. Kept for as long as this value lives.
    private let lock: DataFolderLock?

    package var ledgerFolder: URL { settings.dataFolder.appendingPathComponent("ledger", isDirectory: true) }

    /// Opens what `settings` name. A data folder without any database yet gets its keys; one with a database but without
    /// keys is refused, since new keys would break every link and the register's signature.
    package static func open(
        _ settings: Settings, as role: Role, clock: WallClock = .system, randomness: Randomness = .system, logger: Logger
    ) throws -> Gateway {
        let templates = try Self.templates(settings.templatesFolder)
        if let fault = Self.accessFault(settings.dataFolder) { throw fault }
        if let lost = LostDatabase(settings.dataFolder) { throw lost }
        // A command may be the first to work in a folder that IT has made for it; it doesn't make the folder, whose name may be mistyped.
        if role == .tool, !FileManager.default.fileExists(atPath: settings.dataFolder.path),
            let missing = NoInstallation(settings.dataFolder)
        {
            throw missing
        }
        try FileManager.default.createDirectory(
            at: settings.dataFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        let lock = role == .service ? try DataFolderLock(folder: settings.dataFolder) : nil
        let keys = KeyFolder(dataFolder: settings.dataFolder)
        if !FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: settings.dataFolder).path) {
            try keys.createMissing(at: clock.now(), randomness: randomness)
        }
        let keyring = try LiveKeyring(folder: keys, clock: clock, logger: logger)
        let signingKey = try NoteSigningKey(name: settings.ledgerOrigin, seed: try keys.ledgerSeed())
        let documents = try DocumentStore(root: settings.dataFolder.appendingPathComponent("documents", isDirectory: true))
        if let lock {
            let leftovers = try documents.removeLeftovers(under: lock)
            if leftovers > 0 { logger.notice("unfinished copies of documents removed", metadata: ["files": "\(leftovers)"]) }
        }
        return Gateway(
            settings: settings,
            storage: try SQLiteStorage.open(folder: settings.dataFolder, randomness: randomness, logger: logger),
            documents: documents, templates: templates, keyring: keyring, signingKey: signingKey, clock: clock,
            randomness: randomness, logger: logger, lock: lock)
    }

    /// The templates in use, checked: an authority's own folder before the one that ships, file by file.
    package static func templates(_ folder: URL?) throws(TemplateErrors) -> TemplateSet {
        try TemplateSet(folders: [folder, DefaultFiles.folder].compactMap { $0 }, schemas: templateSchemas)
    }

    /// Why this account can't work in a data folder: the folder, or the database in it, is another account's.
    package static func accessFault(_ folder: URL, toChange: Bool = true) -> AccessFault? {
        let database = SQLiteStorage.databaseFile(in: folder).path
        let use = toChange ? R_OK | W_OK : R_OK
        return AccessFault(folder.path, for: use | X_OK) ?? AccessFault(database, for: use, partOf: database)
    }

    /// One sitting by the identifier that people type.
    package func sitting(_ id: String) async throws -> Sitting {
        let id = SittingID(rawValue: id)
        guard let sitting = try await storage.sitting(id) else { throw StorageError.noSuchSitting(id) }
        return sitting
    }

    /// When a sitting was cancelled, as the journal has it; nil: it was not.
    package func cancellation(of id: SittingID) async throws -> Date? {
        let rows = try await storage.journal(matching: JournalQuery(types: [.sittingCancelled], sitting: id))
        guard let leaf = rows.last?.leaf, case .string(let at)? = try JSON(parsing: leaf)["at"] else { return nil }
        return try Date(at, strategy: .iso8601)
    }

    private init(
        settings: Settings, storage: any Storage, documents: DocumentStore, templates: TemplateSet, keyring: LiveKeyring,
        signingKey: NoteSigningKey, clock: WallClock, randomness: Randomness, logger: Logger, lock: DataFolderLock?
    ) {
        self.settings = settings
        self.storage = storage
        self.documents = documents
        self.templates = templates
        self.keyring = keyring
        self.signingKey = signingKey
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
        self.lock = lock
    }
}

extension WallClock {
    /// The machine's clock: the one place that reads it.
    package static let system = WallClock { Date() }
}
