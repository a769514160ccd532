package import Council
package import Foundation
package import Links
package import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// `<data>/keys`: what must stay secret (0700, its files 0600) and must be backed up apart.
package struct KeyFolder: Sendable {
    package let url: URL

    package init(dataFolder: URL) { url = dataFolder.appendingPathComponent("keys", isDirectory: true) }

    /// Another folder with secrets in it.
    init(url: URL) { self.url = url }

    package var linksFile: URL { url.appendingPathComponent("links.keys") }
    package var ledgerFile: URL { url.appendingPathComponent("ledger.key") }

    /// Makes what is missing and never replaces what is there: a new key for an old ledger would be a fork.
    package func createMissing(at now: Date, randomness: Randomness) throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if !FileManager.default.fileExists(atPath: linksFile.path) {
            let keyring = try LinkKeyring.fresh(at: now, randomness: randomness.bytes)
            try write(keyring.serialized, to: linksFile)
        }
        if !FileManager.default.fileExists(atPath: ledgerFile.path) {
            try write(Data(randomness.bytes(32)).base64EncodedString() + "\n", to: ledgerFile)
        }
    }

    package func linkKeyring() throws -> LinkKeyring {
        do {
            return try LinkKeyring(parsing: try read(linksFile))
        } catch let error as LinkKeyringError {
            throw KeyError.damaged(linksFile, error.words)
        }
    }

    /// Puts a further key in front; the old ones go on verifying.
    package func rotateLinkKeys(at now: Date, randomness: Randomness) throws -> LinkKeyring {
        let rotated = try linkKeyring().rotated(at: now, randomness: randomness.bytes)
        try write(rotated.serialized, to: linksFile)
        return rotated
    }

    /// A ring of one new key, whose number is none of `besides`. A file that is there is kept under another name, which is returned.
    func replaceLinkKeys(besides used: Set<UInt8>, at now: Date, randomness: Randomness) throws -> URL? {
        let id = (UInt8(1)...UInt8.max).first { !used.contains($0) } ?? 0
        let ring = try LinkKeyring(keys: [LinkKey(id: id, secret: randomness.bytes(LinkKey.secretSize), createdAt: now)])
        var aside: URL?
        if FileManager.default.fileExists(atPath: linksFile.path) {
            let name = (1...).lazy.map { url.appendingPathComponent("links.keys.damaged-\($0)") }
                .first { !FileManager.default.fileExists(atPath: $0.path) }
            if let name { try FileManager.default.moveItem(at: linksFile, to: name) }
            aside = name
        }
        try write(ring.serialized, to: linksFile)
        return aside
    }

    /// The 32-byte seed of the ledger's Ed25519 key (RFC 8032).
    package func ledgerSeed() throws -> [UInt8] {
        let text = try read(ledgerFile).trimmingCharacters(in: .whitespacesAndNewlines)
        // One text for one seed: a changed byte is seen even where it changes only bits that mean nothing.
        guard let seed = Data(base64Encoded: text), seed.count == 32, seed.base64EncodedString() == text else {
            throw KeyError.damaged(ledgerFile, Bilingual("il doit contenir 32 octets en base64", "it must hold 32 bytes in base64"))
        }
        return Array(seed)
    }

    private func read(_ file: URL) throws -> String {
        // Asked first: from a closed folder every file looks as if it were not there.
        if let fault = AccessFault(file.path, for: R_OK, partOf: url.path) { throw fault }
        guard FileManager.default.fileExists(atPath: file.path) else { throw KeyError.missing(file) }
        try KeyError.refuseReadableByOthers(file)
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// Aside, synced, then renamed: at any crash either the old file or the new one is there, whole.
    func write(_ text: String, to file: URL) throws {
        let aside = file.appendingPathExtension("new")
        let descriptor = open(aside.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw KeyError.notWritten(aside, errno) }
        defer { close(descriptor) }
        // Root may rotate the keys of a service that runs under another account: the file stays that account's.
        let model = FileManager.default.fileExists(atPath: file.path) ? file.path : url.path
        let attributes = try FileManager.default.attributesOfItem(atPath: model)
        if let owner = attributes[.ownerAccountID] as? NSNumber, let group = attributes[.groupOwnerAccountID] as? NSNumber,
            owner.uint32Value != geteuid()
        {
            guard fchown(descriptor, owner.uint32Value, group.uint32Value) == 0 else { throw KeyError.notWritten(aside, errno) }
        }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0, rename(aside.path, file.path) == 0 else {
            throw KeyError.notWritten(file, errno)
        }
        let folder = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw KeyError.notWritten(url, errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw KeyError.notWritten(url, errno) }
    }
}

package enum KeyError: WordedError, CustomStringConvertible {
    case missing(URL)
    case damaged(URL, Bilingual)
    case readableByOthers(URL)
    /// `errno`
    case notWritten(URL, Int32)

    package var description: String { words.english }

    /// A secret is its owner's alone.
    static func refuseReadableByOthers(_ file: URL) throws {
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int ?? 0
        guard mode & 0o077 == 0 else { throw KeyError.readableByOthers(file) }
    }

    package var words: Bilingual {
        switch self {
        case .missing(let file) where file.lastPathComponent == "links.keys":
            Bilingual(
                "\(file.path) manque. Sur une installation neuve, lancez « appariteur init » ; sinon, reprenez-le de votre sauvegarde. Si aucune sauvegarde ne l'a : « appariteur keys accept --new » fait une clé neuve (les liens déjà envoyés seront refusés ; les rappels en portent de neufs).",
                "\(file.path) is missing. On a new installation run `appariteur init`; otherwise restore it from your backup. If no backup has it: `appariteur keys accept --new` makes a new key (links already sent will be refused; reminders have new ones)."
            )
        case .missing(let file):
            Bilingual(
                "\(file.path) manque. Sur une installation neuve, lancez « appariteur init » ; sinon, reprenez-le de votre sauvegarde : une clé neuve romprait tous les liens envoyés et la signature du registre.",
                "\(file.path) is missing. On a new installation run `appariteur init`; otherwise restore it from your backup: a new key would break every link sent and the register's signature."
            )
        case .damaged(let file, let why) where file.lastPathComponent == "links.keys":
            Bilingual("\(file.path) est abîmé : ", "\(file.path) is damaged: ") + why
                + Bilingual(
                    ". Reprenez-le de votre sauvegarde. Si aucune ne l'a : « appariteur keys accept --new » fait une clé neuve (les liens déjà envoyés seront refusés ; les rappels en portent de neufs).",
                    ". Restore it from your backup. If none has it: `appariteur keys accept --new` makes a new key (links already sent will be refused; reminders have new ones)."
                )
        case .damaged(let file, let why):
            Bilingual("\(file.path) est abîmé : ", "\(file.path) is damaged: ") + why
                + Bilingual(". Reprenez-le de votre sauvegarde.", ". Restore it from your backup.")
        case .readableByOthers(let file):
            Bilingual(
                "\(file.path) peut être lu par d'autres comptes de cette machine. Lancez : chmod 600 \(file.path)",
                "\(file.path) can be read by other users of this machine. Run: chmod 600 \(file.path)")
        case .notWritten(let file, let code):
            Bilingual("La clé n'a pas été écrite, celle d'avant reste. ", "The key was not written, the one before stays. ")
                + SystemWords.words(file.path, code)
        }
    }
}

/// The link keys in use, read again when their file changes (after `appariteur keys rotate`).
package final class LiveKeyring: Sendable {
    private let folder: KeyFolder
    private let state: Mutex<State>
    private let clock: WallClock
    private let logger: Logger

    package init(folder: KeyFolder, clock: WallClock, logger: Logger) throws {
        self.folder = folder
        self.clock = clock
        self.logger = logger
        let stamp = Self.stamp(folder.linksFile)
        state = Mutex(State(keyring: try folder.linkKeyring(), stamp: stamp, looked: clock.now()))
    }

    private struct State {
        var keyring: LinkKeyring
        /// Of the file that was read last.
        var stamp: Date
        var looked: Date
        /// Of a file that couldn't be read, and was told of.
        var told: Date?
    }

    /// Looks at the file at most once in five seconds. A file that can't be read leaves the keys in use as they are: links must go on
    /// working while IT mends it. So does one in which a key in use has another secret now; and one that lacks a key in use adds its keys
    /// to those in use, for links may have been sent with it: its own last one signs.
    package func current() -> LinkKeyring {
        state.withLock { state in
            let now = clock.now()
            guard abs(now.timeIntervalSince(state.looked)) >= 5 else { return state.keyring }
            state.looked = now
            let stamp = Self.stamp(folder.linksFile)
            guard stamp != state.stamp else { return state.keyring }
            do {
                state.keyring = try joined(try folder.linkKeyring(), to: state.keyring)
                state.stamp = stamp
            } catch {
                // Looked at again: it may become readable without a change of its time.
                if state.told != stamp {
                    logger.critical(
                        "the service goes on with the link keys that it has; its next start would refuse this file: \(Bilingual.words(of: error).english)"
                    )
                }
                state.told = stamp
            }
            return state.keyring
        }
    }

    private func joined(_ ring: LinkKeyring, to known: LinkKeyring) throws -> LinkKeyring {
        if let altered = ring.keys.first(where: { key in known.keys.contains { $0.id == key.id && $0.secret != key.secret } }) {
            throw LinkKeyFault.replaced(path: folder.linksFile.path, number: altered.id)
        }
        let lost = known.keys.filter { key in !ring.keys.contains { $0.id == key.id } }
        guard !lost.isEmpty else { return ring }
        logger.critical(
            "link keys in use are gone from their file: the service goes on accepting links that they signed, and refuses them after its next stop. Restore keys/links.keys from the newest backup of keys/; after `appariteur keys accept`, send new links with `appariteur sittings remind --all SITTING`",
            metadata: ["file": "\(folder.linksFile.path)", "keys": "\(lost.map { String($0.id) }.joined(separator: ", "))"])
        return try LinkKeyring(keys: lost + ring.keys)
    }

    private static func stamp(_ file: URL) -> Date {
        // No date (the file is gone): the distant past, so that its return is seen.
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}
