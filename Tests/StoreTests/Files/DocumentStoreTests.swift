import Council
import Crypto
import Foundation
import Store
import TestSupport
import Testing

@Suite("The document store")
struct DocumentStoreTests {
    private let folder: TemporaryFolder
    private let store: DocumentStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DocumentStore(root: folder["documents"])
    }

    private var incoming: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder["documents/incoming"].path) }
    }

    @Test("a file is kept under its hash, read-only, and the original is left", arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3_333_333])
    func adds(_ size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let source = try folder.write(bytes, to: "dossier/à déposer.pdf")
        let (hash, added) = try store.add(contentsOf: source)
        #expect(hash == Sample.hash(bytes) && added == Int64(size))
        #expect(try Data(contentsOf: store.url(of: hash)) == Data(bytes))
        #expect(try Data(contentsOf: source) == Data(bytes))
        let attributes = try FileManager.default.attributesOfItem(atPath: store.url(of: hash).path)
        #expect(attributes[.posixPermissions] as? Int == 0o444)
        #expect(try store.size(of: hash) == Int64(size))
        try store.verify(hash)
        #expect(try incoming.isEmpty)
    }

    @Test("the same bytes again, from a file or from memory, are kept once")
    func twice() throws {
        let source = try folder.write("the same", to: "a")
        let first = try store.add(contentsOf: source)
        let inode = try FileManager.default.attributesOfItem(atPath: store.url(of: first.hash).path)[.systemFileNumber] as? Int
        #expect(try store.add(contentsOf: source) == first)
        #expect(try store.add(Array("the same".utf8)) == first)
        #expect(try FileManager.default.attributesOfItem(atPath: store.url(of: first.hash).path)[.systemFileNumber] as? Int == inode)
        #expect(try incoming.isEmpty)
    }

    @Test("added from many tasks at once, it is there once and whole")
    func race() async throws {
        let source = try folder.write([UInt8](repeating: 7, count: 300_000), to: "a")
        let hashes = try await withThrowingTaskGroup(of: ContentHash.self) { [store] group in
            for _ in 0..<12 { group.addTask { try store.add(contentsOf: source).hash } }
            return try await group.reduce(into: Set<ContentHash>()) { $0.insert($1) }
        }
        #expect(hashes.count == 1)
        try store.verify(try #require(hashes.first))
        #expect(try incoming.isEmpty)
    }

    @Test("symbolic links, folders, pipes and missing files are refused without waiting")
    func notRegular() throws {
        let real = try folder.write("secret", to: "real")
        let link = folder["link"]
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: real)
        #expect(mkfifo(folder["pipe"].path, 0o600) == 0)
        for source in [link, folder["pipe"], folder.url] {
            #expect(throws: DocumentStoreError.notRegular(path: source.path)) { _ = try store.add(contentsOf: source) }
        }
        #expect(throws: DocumentStoreError.system(path: folder["none"].path, code: ENOENT)) {
            _ = try store.add(contentsOf: folder["none"])
        }
    }

    @Test("a damaged document is found, and is not taken for the whole one")
    func damage() throws {
        let (hash, _) = try store.add(Array("whole".utf8))
        let file = store.url(of: hash)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        try Data("whale".utf8).write(to: file)
        #expect(throws: DocumentStoreError.damaged(hash)) { try store.verify(hash) }
        try Data("who".utf8).write(to: file)
        #expect(throws: DocumentStoreError.damaged(hash)) { _ = try store.add(Array("whole".utf8)) }
        let other = Sample.hash("never added")
        #expect(throws: DocumentStoreError.missing(other)) { try store.verify(other) }
        #expect(try store.size(of: other) == nil)
    }

    @Test("what a crash left unfinished is cleared away at the next start, and nothing else")
    func leftovers() throws {
        let (hash, _) = try store.add(Array("kept".utf8))
        try folder.write("half a doc", to: "documents/incoming/Xy12ab")
        let lock = try DataFolderLock(folder: folder.url)
        #expect(try store.removeLeftovers(under: lock) == 1)
        #expect(try store.removeLeftovers(under: lock) == 0)
        try store.verify(hash)
    }

    @Test("200 MB pass in flat memory")
    func large() async throws {
        let source = folder["large.pdf"]
        #expect(FileManager.default.createFile(atPath: source.path, contents: Data("%PDF-1.7\n".utf8)))
        let handle = try FileHandle(forWritingTo: source)
        try handle.truncate(atOffset: 200 << 20)
        try handle.close()
        // In a process of its own, whose highest memory is this alone.
        let run = try await ProbeProcess.run(["add", store.root.path, source.path])
        let added = try #require(run.lines("added").first, "\(run.errors)")
        #expect(added[1] == "\(200 << 20)")
        let peak = try #require(Int(added[2]))
        #expect(peak < 100 << 10, "\(peak) kB")
        try store.verify(try #require(ContentHash(hex: added[0])))
    }
}
