import Bounces
import Council
import Foundation
import Links
import Logging
import Store
import TestSupport
import Testing

/// The mails in `Fixtures`: each says in its `Comments` after what it is made. Those signed go to convocation 1, under this ring.
enum Fixture {
    static let folder = Tool.repository.appendingPathComponent("Tests/BouncesTests/Fixtures")

    static var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".eml") }.sorted() }
    }

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }

    static func keyring() throws -> LinkKeyring {
        try LinkKeyring(keys: [LinkKey(id: 1, secret: Array(repeating: 7, count: 32), createdAt: Sample.now)])
    }

    static func mail(_ name: String) throws -> ReturnedMail { ReturnedMail(try bytes(name), keyring: try keyring()) }
}

/// A sitting with one member whose convocation (number 1, to elu0@aurence.example) the relay has taken, and a mailbox of returns.
struct Desk {
    let store: TestStorage
    let maildir: URL
    let sitting: SittingID
    let convocation = ConvocationID(rawValue: 1)

    var storage: SQLiteStorage { store.storage }

    init(members: Int = 1) async throws {
        store = try TestStorage()
        maildir = store.folder["retours"]
        for name in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(at: maildir.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        sitting = try await store.approvedSitting(members: members, documents: 1).id
        try await store.composeAll()
        try await store.relayAll()
    }

    func service(_ source: (any ReturnSource)? = nil, at now: Date = Sample.now.addingTimeInterval(60)) throws -> BounceService {
        let keyring = try Fixture.keyring()
        return BounceService(
            source: source ?? MaildirSource(folder: maildir), interval: .seconds(60), storage: storage, keyring: { keyring },
            clock: .fixed(now), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func drop(_ name: String, as file: String? = nil) throws {
        try Data(try Fixture.bytes(name)).write(to: maildir.appendingPathComponent("new/\(file ?? name)"))
    }

    var status: ConvocationStatus {
        get async throws { try #require(try await storage.convocation(convocation)) }
    }

    func types() async throws -> [FactType] {
        try await storage.journal(from: 0, limit: .max).compactMap { row in
            FactType.allCases.first { String(decoding: row.leaf, as: UTF8.self).contains("\"type\":\"\($0.rawValue)\"") }
        }
    }

    func files(_ part: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: maildir.appendingPathComponent(part).path).sorted()
    }

    /// The state is what the journal says.
    func audit() async throws {
        let comparison = try await storage.compareState(limit: 20)
        #expect(comparison.differences == [] && comparison.further == 0)
    }
}
