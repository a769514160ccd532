import Council
import Foundation
import Gateway
import Ledger
import Links
import Logging
import Notary
import Store
import Synchronization
import TestSupport
import Testing

/// The keys that links were signed with, and a file of keys that is another one.
@Suite struct LinkKeyTests {
    let folder: TemporaryFolder
    let gateway: Gateway
    let keys: KeyFolder
    let now = Sample.now

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() async throws {
        folder = try TemporaryFolder()
        _ = try Installation(root: folder["inst"]).create(at: Sample.now, randomness: .system)
        let password = try folder.write("secret\n", to: "inst/relay.password")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password.path)
        gateway = try Gateway.open(try Settings(file: folder["inst/appariteur.yml"]), as: .tool, logger: Self.quiet)
        keys = KeyFolder(dataFolder: gateway.settings.dataFolder)
        try await gateway.linkKeyTraces.adopt(try keys.linkKeyring(), at: now)
        _ = try await gateway.storage.sampleApproved(members: 2, documents: Sample.documents(1))
        try await gateway.storage.composeAll()
    }

    private var traces: LinkKeyTraces { gateway.linkKeyTraces }

    private func faults(_ date: Date? = nil) async throws -> [LinkKeyFault] {
        try await traces.faults(of: keys.linkKeyring(), at: date ?? now)
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: keys.linksFile)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys.linksFile.path)
    }

    private func text() throws -> String { try String(contentsOf: keys.linksFile, encoding: .utf8) }

    /// Well formed, with another letter somewhere in the last secret.
    private func altered(_ text: String) -> String {
        var characters = Array(text)
        let place = characters.count - 20
        characters[place] = characters[place] == "A" ? "B" : "A"
        return String(characters)
    }

    private func findings() async -> [AuditFinding] {
        await Gateway.linkKeyFindings(in: gateway.settings.dataFolder, gateway.storage, at: now)
    }

    @Test func `another secret under a known number is refused by the start, and told by audit and check`() async throws {
        let right = try text()
        #expect(try await faults() == [])
        #expect(await findings() == [])
        try write(altered(right))
        let fault = LinkKeyFault.replaced(path: keys.linksFile.path, number: 1)
        #expect(try await faults() == [fault])
        await #expect(throws: fault) { try await traces.adopt(try keys.linkKeyring(), at: now) }
        #expect(await findings().map(\.path) == ["keys/links.keys"])
        // The two that would be asked before a start: nothing of the file's form is wrong.
        #expect(Gateway.check(gateway.settings).isEmpty)
        try FileManager.default.createDirectory(at: gateway.ledgerFolder, withIntermediateDirectories: true)
        let told = await Gateway.checkRegister(gateway.settings, at: now, logger: Self.quiet)
        #expect(told.contains { !$0.isWarning && $0.problem == fault.words }, "\(told)")
        for words in [fault.words.french, fault.words.english] { #expect(words.contains("links.keys") && words.contains("keys accept")) }
        try write(right)
        try await traces.adopt(try keys.linkKeyring(), at: now)
    }

    @Test func `a file from before a rotation lacks a key that links may need, until the last of them has ended`() async throws {
        let old = try text()
        let ring = try keys.rotateLinkKeys(at: now.addingTimeInterval(60), randomness: .system)
        try await traces.adopt(ring, at: now.addingTimeInterval(60))
        let ends = try #require(try await gateway.storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: now))
        try write(old)
        #expect(try await faults() == [.lost(path: keys.linksFile.path, number: 2, until: ends)])
        #expect(try await faults(ends) == [])
        // The older key, taken out while links that it signed hold.
        let line = try #require(ring.serialized.split(separator: "\n").last)
        try write("\(line)\n")
        #expect(try await faults() == [.lost(path: keys.linksFile.path, number: 1, until: ends)])
        #expect(try await faults(ends) == [])
        // Links that were made well after it had ceased to sign don't need it.
        let later = now.addingTimeInterval(30 * 86_400)
        for status in try await gateway.storage.status(of: #require(try await gateway.storage.sittings().first).id) {
            try await gateway.storage.revokeLinks(of: status.id, at: later)
        }
        let draft = Sample.draft(documents: Sample.documents(1), day: "2027-03-16")
        let sitting = try await gateway.storage.submit(draft, at: later).sitting
        _ = try await gateway.storage.approve(sitting.id, revision: nil, by: "test", at: later)
        try await gateway.storage.composeAll(at: later)
        #expect(try await gateway.storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: later) != nil)
        #expect(try await faults(later) == [])
    }

    @Test func `keys that are lost for good are accepted by a word, and only then`() async throws {
        try write(altered(try text()))
        #expect(try await faults().count == 1)
        try await traces.accept(try keys.linkKeyring(), at: now)
        #expect(try await faults() == [])
        try await traces.adopt(try keys.linkKeyring(), at: now)
    }

    /// One more sitting, whose messages bear links signed with the keys that are there.
    private func send(_ day: String = "2027-03-16") async throws {
        let ring = try keys.linkKeyring()
        let sitting = try await gateway.storage.submit(Sample.draft(documents: Sample.documents(1), day: day), at: now).sitting
        _ = try await gateway.storage.approve(sitting.id, revision: nil, by: "test", at: now)
        let composed = try await gateway.storage.convocationsToCompose(limit: 100).map { waiting in
            let sample = Sample.composed(waiting, at: now)
            let token = ring.token(for: sample.links[0].id, purpose: .member, expires: sample.links[0].expires)
            let text = Data("https://seances.example/r/\(token)\r\n".utf8).base64EncodedString()
            let bytes = Array(
                "Message-ID: <\(sample.message.messageID)>\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\(text)\r\n"
                    .utf8)
            let message = OutgoingMessage(
                kind: .convocation, messageID: sample.message.messageID, envelopeSender: sample.message.envelopeSender,
                recipient: sample.message.recipient, bytes: bytes, hash: Sample.hash(bytes), deadline: sample.message.deadline)
            return ComposedConvocation(id: waiting.id, message: message, links: sample.links)
        }
        try await gateway.storage.store(composed, at: now)
    }

    @Test func `a file of other keys is refused by the links that were sent, also where the database has forgotten the keys`() async throws
    {
        try await send()
        let right = try text()
        #expect(try await faults() == [])
        try LinkKeyTests.forget(gateway.settings.dataFolder)
        #expect(await findings().map(\.path) == ["keys/links.keys"])
        try write(altered(right))
        let fault = try #require(try await faults().first)
        guard case .unverified(keys.linksFile.path, 1, _) = fault else {
            Issue.record("\(fault)")
            return
        }
        await #expect(throws: fault) { try await traces.adopt(try keys.linkKeyring(), at: now) }
        #expect(try await gateway.storage.linkKeys().isEmpty)
        let told = await findings()
        #expect(told.contains { $0.path == "keys/links.keys" && $0.problem.english.contains("did not sign") }, "\(told)")
        try write(right)
        try await traces.adopt(try keys.linkKeyring(), at: now)
        #expect(await findings() == [])
    }

    @Test func `accepting keys is journalled with both fingerprints, and what was sent before no longer counts against them`() async throws
    {
        try await send()
        let old = try #require(try keys.linkKeyring().keys.first?.fingerprint)
        try write(altered(try text()))
        let new = try #require(try keys.linkKeyring().keys.first?.fingerprint)
        let seq = try await gateway.storage.journalSize()
        try await traces.accept(try keys.linkKeyring(), at: now)
        let opening = try #require(try await gateway.storage.openings(of: [seq]).first)
        let content = try JSON(parsing: opening.content)
        #expect(content["type"]?.text == "keys.accepted")
        #expect(content["old"]?.items?.first?["fingerprint"]?.text == old && content["new"]?.items?.first?["fingerprint"]?.text == new)
        #expect(await findings() == [])
        try await send("2027-04-20")
        #expect(await findings() == [])
        try write(altered(try text()))
        #expect(try await traces.faults(of: keys.linkKeyring(), at: now, thoroughly: true).count == 1)
    }

    @Test func `a lost, an empty and a damaged file have a way out, and the damaged one is kept`() async throws {
        let right = try text()
        for (round, bad) in [nil, "", "nonsense\n"].enumerated() {
            try FileManager.default.removeItem(at: keys.linksFile)
            if let bad { try write(bad) }
            do {
                _ = try keys.linkKeyring()
                Issue.record("it was read")
            } catch let error as KeyError {
                #expect(error.words.french.contains("keys accept --new") && error.words.english.contains("keys accept --new"))
            }
            let replaced = try #require(
                try await LinkKeyTraces.replaceLost(in: gateway.settings.dataFolder, gateway.storage, at: now, randomness: .system))
            #expect(try replaced.aside.map { try String(contentsOf: $0, encoding: .utf8) } == bad)
            let ring = try keys.linkKeyring()
            #expect(ring.keys.map(\.id) == [UInt8(round % 2 == 0 ? 2 : 1)])
            try await traces.accept(ring, at: now)
            try await traces.adopt(ring, at: now)
        }
        try write(right)
        #expect(try await LinkKeyTraces.replaceLost(in: gateway.settings.dataFolder, gateway.storage, at: now, randomness: .system) == nil)
        #expect(try text() == right)
    }

    private static func forget(_ dataFolder: URL) throws {
        let script =
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('PRAGMA wal_autocheckpoint = 0'); db.execute('DELETE FROM link_key'); db.commit()"
        let result = try Tool.run(Tool.python, ["-c", script, SQLiteStorage.databaseFile(in: dataFolder).path])
        try #require(result.status == 0, "\(result.errors)")
    }

    @Test func `a running service keeps the keys in use when their file changes to other secrets, and takes it back when mended`() throws {
        let right = try text()
        let time = Mutex(now)
        let live = try LiveKeyring(folder: keys, clock: WallClock { time.withLock { $0 } }, logger: Self.quiet)
        let before = live.current()
        func after(_ text: String, minutes: Double) throws -> LinkKeyring {
            try write(text)
            try FileManager.default.setAttributes(
                [.modificationDate: now.addingTimeInterval(minutes * 60)], ofItemAtPath: keys.linksFile.path)
            time.withLock { $0 += 6 }
            return live.current()
        }
        #expect(try after(altered(right), minutes: 1) == before)
        #expect(try after("nothing\n", minutes: 2) == before)
        #expect(try after(before.rotated(at: now) { Array(repeating: 9, count: $0) }.serialized, minutes: 3).keys.count == 2)
    }

    @Test func `a running service drops no key in use when its file lacks one, and says so once`() throws {
        let old = try text()
        let time = Mutex(now)
        let log = RecordedLog()
        func after(_ text: String, minutes: Double, _ live: LiveKeyring) throws -> LinkKeyring {
            try write(text)
            try FileManager.default.setAttributes(
                [.modificationDate: now.addingTimeInterval(minutes * 60)], ofItemAtPath: keys.linksFile.path)
            time.withLock { $0 += 6 }
            return live.current()
        }
        let live = try LiveKeyring(folder: keys, clock: WallClock { time.withLock { $0 } }, logger: log.logger)
        let first = live.current()
        let rotated = try first.rotated(at: now) { Array(repeating: 9, count: $0) }
        let token = try after(rotated.serialized, minutes: 1, live).token(for: 7, purpose: .member, expires: now.addingTimeInterval(86_400))
        #expect(log.lines(.critical).isEmpty)
        // The file of before the rotation, put back; then, as `keys accept --new` makes it, one of a third key alone.
        let back = try after(old, minutes: 2, live)
        #expect(try back.verify(token, purpose: .member, now: now).id == 7)
        #expect(back.keys.last == first.keys.last, "new links are signed by a key that the file has")
        #expect(log.lines(.critical).count == 1 && log.lines(.critical)[0].contains("2"), "\(log.lines(.critical))")
        time.withLock { $0 += 6 }
        #expect(live.current() == back && log.lines(.critical).count == 1)
        let third = try LinkKeyring(keys: [LinkKey(id: 3, secret: Array(repeating: 3, count: LinkKey.secretSize), createdAt: now)])
        let all = try after(third.serialized, minutes: 3, live)
        #expect(Set(all.keys.map(\.id)) == [1, 2, 3] && all.keys.last?.id == 3)
        #expect(try all.verify(token, purpose: .member, now: now).id == 7)
        #expect(log.lines(.critical).count == 2)
        // Unreadable: told once, not every five seconds.
        #expect(try after("nothing\n", minutes: 4, live) == all)
        time.withLock { $0 += 6 }
        #expect(live.current() == all && log.lines(.critical).count == 3)
    }

    @Test func `a fingerprint tells keys apart, and isn't their secret`() throws {
        let secret = Array(UInt8(0)..<32)
        let key = try LinkKey(id: 1, secret: secret, createdAt: now)
        #expect(key.fingerprint.count == 32 && key.fingerprint.allSatisfy(\.isHexDigit))
        #expect(key.fingerprint == (try LinkKey(id: 1, secret: secret, createdAt: now + 9).fingerprint))
        #expect(key.fingerprint != (try LinkKey(id: 2, secret: secret, createdAt: now).fingerprint))
        #expect(key.fingerprint != (try LinkKey(id: 1, secret: [1] + secret.dropFirst(), createdAt: now).fingerprint))
        #expect(!key.fingerprint.contains(Hex.encode(Array(secret.prefix(4)))))
    }
}
