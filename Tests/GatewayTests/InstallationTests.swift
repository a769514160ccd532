import Council
import Foundation
import Gateway
import Links
import Logging
import Synchronization
import TestSupport
import Testing

@Suite struct InstallationTests {
    let folder: TemporaryFolder
    let now = Date(timeIntervalSince1970: 1_795_000_000)

    init() throws { folder = try TemporaryFolder() }

    private func settings() throws -> Settings {
        let password = try folder.write("secret\n", to: "inst/relay.password")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password.path)
        return try Settings(file: folder["inst/appariteur.yml"])
    }

    @Test func `what init makes passes the check once the relay's password is there, and is never made twice`() throws {
        let installation = Installation(root: folder["inst"])
        _ = try installation.create(at: now, randomness: .system)
        let settings = try settings()
        #expect(settings.dataFolder.path == folder["inst/donnees"].path && settings.dropFolder.path == folder["inst/depot"].path)
        #expect(Gateway.check(settings).isEmpty, "\(Gateway.check(settings))")
        let before = try Data(contentsOf: installation.configuration)
        #expect(throws: InstallationError.self) { try installation.create(at: now, randomness: .system) }
        #expect(try Data(contentsOf: installation.configuration) == before)
    }

    @Test func `a secret that every account can read is a warning with the command that closes it`() throws {
        _ = try Installation(root: folder["inst"]).create(at: now, randomness: .system)
        let settings = try settings()
        let password = folder["inst/relay.password"]
        for (mode, isTold) in [(0o600, false), (0o640, false), (0o644, true), (0o604, true)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: password.path)
            let findings = Gateway.check(settings)
            #expect(findings.count == (isTold ? 1 : 0) && findings.allSatisfy(\.isWarning), "\(findings)")
            #expect(findings.allSatisfy { $0.text(.french).contains("chmod 600 \(password.path)") }, "\(findings)")
        }
    }

    @Test func `a published register without its database is refused before anything is created`() throws {
        _ = try Installation(root: folder["inst"]).create(at: now, randomness: .system)
        let settings = try settings()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        _ = try Gateway.open(settings, as: .tool, logger: logger)
        let database = settings.dataFolder.appendingPathComponent("appariteur.db")
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database.path + suffix) }
        try folder.write("x", to: "inst/donnees/ledger/checkpoint")
        for role in [Gateway.Role.service, .tool] {
            #expect(throws: LostDatabase.self) { _ = try Gateway.open(settings, as: role, logger: logger) }
        }
        #expect(!FileManager.default.fileExists(atPath: database.path))
    }

    @Test func `a template with an unknown name is found by the check, with its file and line`() throws {
        _ = try Installation(root: folder["inst"]).create(at: now, randomness: .system)
        let template = folder["inst/modeles/fr/mail/convocation.txt"]
        let text = try String(contentsOf: template, encoding: .utf8)
        try Data(("{{nomDuMaire}}\n" + text).utf8).write(to: template)
        let findings = Gateway.check(try settings()).map { $0.text(.english) }
        #expect(findings.contains { $0.contains("convocation.txt") && $0.contains("nomDuMaire") }, "\(findings)")
    }

    @Test func `keys are the owner's alone, are never replaced, and damage or openness is refused`() throws {
        let keys = KeyFolder(dataFolder: folder["data"])
        try keys.createMissing(at: now, randomness: .system)
        let seed = try keys.ledgerSeed()
        try keys.createMissing(at: now, randomness: .system)
        #expect(try keys.ledgerSeed() == seed && seed.count == 32)
        for file in [keys.linksFile, keys.ledgerFile] {
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keys.ledgerFile.path)
        #expect(throws: KeyError.self) { try keys.ledgerSeed() }
        try Data("not a key\n".utf8).write(to: keys.linksFile)
        #expect(throws: KeyError.self) { try keys.linkKeyring() }
        try FileManager.default.removeItem(at: keys.linksFile)
        #expect(throws: KeyError.self) { try keys.linkKeyring() }
    }

    @Test func `after a rotation old links go on working, and a running service takes the new key`() throws {
        let keys = KeyFolder(dataFolder: folder["data"])
        try keys.createMissing(at: now, randomness: .system)
        let time = Ticking(now)
        let live = try LiveKeyring(
            folder: keys, clock: WallClock { time.now() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let expires = now.addingTimeInterval(86_400)
        let old = live.current().token(for: 7, purpose: .member, expires: expires)
        _ = try keys.rotateLinkKeys(at: now, randomness: .system)
        // The file's date must differ from the first one's to be seen.
        try FileManager.default.setAttributes([.modificationDate: now.addingTimeInterval(60)], ofItemAtPath: keys.linksFile.path)
        #expect(live.current().keys.count == 1)
        time.advance(6)
        #expect(live.current().keys.count == 2)
        let new = live.current().token(for: 7, purpose: .member, expires: expires)
        #expect(new != old)
        for token in [old, new] { #expect(try live.current().verify(token, purpose: .member, now: now).id == 7) }
    }
}

/// A clock that the test moves.
private final class Ticking: Sendable {
    private let instant: Mutex<Date>

    init(_ start: Date) { instant = Mutex(start) }

    func now() -> Date { instant.withLock { $0 } }
    func advance(_ seconds: TimeInterval) { instant.withLock { $0.addTimeInterval(seconds) } }
}
