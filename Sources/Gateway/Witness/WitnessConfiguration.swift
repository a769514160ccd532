package import Council
import DefaultFiles
package import Foundation
package import Ledger
package import Notary
import Yams

/// What `appariteur witness --config FILE` runs on. Relative paths in the file are taken from its folder.
package struct WitnessConfiguration: Sendable {
    package let listen: Settings.Listen
    package let stateFolder: URL
    package let keyFile: URL
    package let logs: [WitnessedLog]

    /// Throws `SettingsMistakes` with every mistake found, or the error of reading the file.
    package init(file: URL) throws {
        if let fault = AccessFault(file.path, for: R_OK) { throw fault }
        try self.init(yaml: try String(contentsOf: file, encoding: .utf8), folder: file.deletingLastPathComponent(), name: file.path)
    }

    package init(yaml: String, folder: URL, name: String) throws(SettingsMistakes) {
        let sink = MistakeSink()
        var read: WitnessConfiguration?
        do {
            let root = SettingsReader(try DoubledKeys.compose(yaml), path: "", line: nil, sink: sink)
            read = Self.read(SettingsParts(root: root, folder: folder))
            root.finish()
        } catch {
            sink.addSyntaxError(error)
        }
        let mistakes = sink.mistakes.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        guard mistakes.isEmpty, let read else { throw SettingsMistakes(file: name, mistakes: mistakes) }
        self = read
    }

    private init(listen: Settings.Listen, stateFolder: URL, keyFile: URL, logs: [WitnessedLog]) {
        self.listen = listen
        self.stateFolder = stateFolder
        self.keyFile = keyFile
        self.logs = logs
    }

    private static func read(_ parts: SettingsParts) -> WitnessConfiguration? {
        let listen = parts.readListen(port: 8090)
        let state = parts.root.text("state", example: "etat").map(parts.resolve)
        let key = parts.root.text("key", example: "temoin.key").map(parts.resolve)
        let entries = parts.root.sections("logs").map(log)
        guard let listen, let state, let key, entries.allSatisfy({ $0 != nil }) else { return nil }
        // Several entries of one origin: several keys of one ledger.
        var origins: [String] = []
        var keys: [String: [NoteVerifierKey]] = [:]
        for case let (origin, key)? in entries {
            if keys[origin] == nil { origins.append(origin) }
            keys[origin, default: []].append(key)
        }
        return WitnessConfiguration(
            listen: listen, stateFolder: state, keyFile: key, logs: origins.map { WitnessedLog(origin: $0, keys: keys[$0] ?? []) })
    }

    private static func log(_ item: SettingsReader) -> (origin: String, key: NoteVerifierKey)? {
        let example = "convocations.agglo-valmont.example/ledger+0123abcd+AV…="
        let origin = item.text("origin", required: false, example: "convocations.agglo-valmont.example/ledger")
        guard let text = item.text("vkey", example: example) else { return nil }
        do throws(NoteError) {
            let key = try NoteVerifierKey(parsing: text)
            return (origin ?? key.name, key)
        } catch {
            item.wrong(
                "vkey",
                Bilingual(
                    "ce n'est pas la clé d'un registre (\(error.words.french))", "it is not a register's key (\(error.words.english))"),
                Bilingual(
                    "vkey: la clé publiée par ce registre, dans /ledger/vkey", "vkey: the key that the register publishes, /ledger/vkey"))
            return nil
        }
    }
}

/// What `appariteur witness init DIR` makes.
package struct WitnessInstallation: Sendable {
    package let root: URL

    package init(root: URL) { self.root = root }

    package var configuration: URL { root.appendingPathComponent("temoin.yml") }
    private var key: URL { root.appendingPathComponent("temoin.key") }
    private var state: URL { root.appendingPathComponent("etat", isDirectory: true) }

    /// Makes key (0600), memory and configuration; nothing that is there is touched. Returns the witness's public key.
    /// Throws `InstallationError` where there is a configuration, a key or a memory already.
    package func create(name: String, randomness: Randomness) throws -> CosignerKey {
        for place in [configuration, key, state] where FileManager.default.fileExists(atPath: place.path) {
            throw InstallationError.exists(place)
        }
        let made = try CosigningKey(name: name, seed: randomness.bytes(32))
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try KeyFolder(url: root).write(made.serialized, to: key)
        try WitnessStateFolder.create(state, for: made.verifier)
        let text = try String(contentsOf: DefaultFiles.folder.appendingPathComponent("init/temoin.yml"), encoding: .utf8)
        // Last: its presence says that the rest is there.
        try Data(text.utf8).write(to: configuration, options: [.atomic])
        return made.verifier
    }
}

extension CosigningKey {
    /// Reads a key file that nobody else on this machine may read.
    package init(file: URL) throws {
        if let fault = AccessFault(file.path, for: R_OK, partOf: file.path) { throw fault }
        try KeyError.refuseReadableByOthers(file)
        let text = try String(contentsOf: file, encoding: .utf8)
        do throws(NoteError) {
            try self.init(parsing: text)
        } catch {
            throw KeyError.damaged(file, error.words)
        }
    }
}
