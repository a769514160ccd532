import Foundation
import Notary
import TestSupport
import Testing

/// The archive of proofs, judged by Python's zipfile and unzip.
struct ZipTests {
    private static let entries = [
        ArchiveEntry("mimetype", Array("application/vnd.etsi.asic-e+zip".utf8)), ArchiveEntry("facts/1/leaf.json", Array("{}".utf8)),
        ArchiveEntry("empty", []), ArchiveEntry("checkpoints/2/body.un.tsr", [UInt8](0...255)),
    ]

    private static func archive(_ entries: [ArchiveEntry] = entries) throws -> [UInt8] { try Zip.archive(entries) }

    @Test func `what is written is read back, and the same entries give the same bytes`() throws {
        let archive = try Self.archive()
        #expect(try Zip.entries(of: archive) == Self.entries)
        #expect(try Self.archive() == archive)
        #expect(try Zip.entries(of: Zip.archive([])) == [])
    }

    @Test func `unzip and Python read it`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.archive(), to: "proof.asice")
        let tested = try Tool.run("unzip", ["-t", file.path])
        #expect(tested.status == 0, "\(tested.text)")
        let script = """
            import sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            assert archive.testzip() is None
            for entry in archive.infolist():
                assert entry.compress_type == zipfile.ZIP_STORED and not entry.extra and entry.date_time == (1980, 1, 1, 0, 0, 0)
                print(entry.filename, archive.read(entry).hex())
            """
        let read = try Tool.run(Tool.python, ["-c", script, file.path])
        #expect(read.status == 0, "\(read.errors)")
        let expected = Self.entries.map { entry in entry.name + " " + entry.bytes.map { String(format: "%02x", $0) }.joined() + "\n" }
        #expect(read.text == expected.joined())
    }

    @Test func `an archive that another program packed is refused with what to do`() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "proof ", count: 1000), to: "file")
        for (level, name) in [("-9", "packed.zip"), ("-0", "stored.zip")] {
            #expect(try Tool.run("zip", ["-X", level, name, "file"], folder: folder.url).status == 0)
        }
        #expect(throws: ZipFault.compressed("a file")) { try Zip.entries(of: Fixtures.bytes(folder["packed.zip"])) }
        // Stored, with a file's rights beside it, which change nothing of what is read.
        #expect(try Zip.entries(of: Fixtures.bytes(folder["stored.zip"])).map(\.name) == ["file"])
    }

    @Test func `what other programs note beside stored files is read over, and what they can't leave out is named`() throws {
        let folder = try TemporaryFolder()
        let script = """
            import sys, zipfile
            with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_STORED) as archive:
                info = zipfile.ZipInfo("file")
                exec(sys.argv[2])
                archive.writestr(info, b"proof")
            """
        func read(_ change: String) throws -> [ArchiveEntry] {
            let made = try Tool.run(Tool.python, ["-c", script, folder["a.zip"].path, change])
            try #require(made.status == 0, "\(made.errors)")
            return try Zip.entries(of: Fixtures.bytes(folder["a.zip"]))
        }
        // Python asks for version 2.0 and notes the rights.
        let entry = [ArchiveEntry("file", Array("proof".utf8))]
        #expect(try read("info.external_attr = 0o100644 << 16; info.create_system = 3; info.internal_attr = 1") == entry)
        let refusals = [
            ("info.external_attr = 0o120777 << 16", "a directory entry is no plain file"),
            ("info.comment = b'a'", "a directory entry has a comment"),
            ("info.extra = b'UT\\x01\\x00\\x00'", "a header has extra fields (zip -X leaves them out)"),
            ("info.extract_version = 45", "a header asks for version 45 of the format"),
        ]
        for (change, why) in refusals { #expect(throws: ZipFault.damaged(why), "\(change)") { try read(change) } }
    }

    @Test(arguments: ["../escape", "/absolute", "a//b", "a/./b", "a/../b", "folder/", "back\\slash", "é", "a\0b", "", "a b"])
    func `a name that could lead elsewhere is refused, written or read`(name: String) throws {
        #expect(throws: ZipFault.badName(name)) { try Zip.archive([ArchiveEntry(name, [1])]) }
        // Written by someone else: the same length of name patched into a good archive.
        let plain = String(repeating: "x", count: name.utf8.count)
        guard !plain.isEmpty else { return }
        let patched = replacing(plain, with: name, in: try Zip.archive([ArchiveEntry(plain, [1])]))
        #expect(throws: ZipFault.badName(name)) { try Zip.entries(of: patched) }
    }

    @Test func `the same name twice is refused, whatever its case`() throws {
        #expect(throws: ZipFault.duplicate("B")) { try Zip.archive([ArchiveEntry("b", []), ArchiveEntry("B", [])]) }
        let patched = replacing("ba", with: "aa", in: try Zip.archive([ArchiveEntry("aa", [1]), ArchiveEntry("ba", [1])]))
        #expect(throws: ZipFault.duplicate("aa")) { try Zip.entries(of: patched) }
    }

    @Test func `bytes before, between or after the files are refused, and so are cuts`() throws {
        let archive = try Self.archive()
        #expect(throws: ZipFault.self) { try Zip.entries(of: [0] + archive) }
        #expect(throws: ZipFault.self) { try Zip.entries(of: archive + [0]) }
        #expect(throws: ZipFault.self) { try Zip.entries(of: Array(archive[..<100]) + [0] + Array(archive[100...])) }
        for length in archive.indices { #expect(throws: ZipFault.self) { try Zip.entries(of: Array(archive.prefix(length))) } }
    }

    @Test func `a size that is not there costs nothing`() throws {
        var archive = try Zip.archive([ArchiveEntry("bomb", [1, 2, 3])])
        // The sizes in the local header: four gigabytes.
        archive.replaceSubrange(18..<26, with: [UInt8](repeating: 0xff, count: 8))
        #expect(throws: ZipFault.self) { try Zip.entries(of: archive) }
        #expect(throws: ZipFault.tooLong(Zip.longest + 1)) { try Zip.entries(of: [UInt8](repeating: 0, count: Zip.longest + 1)) }
    }

    @Test func `no flipped bit goes unnoticed, but in the date`() throws {
        let archive = try Self.archive()
        for place in archive.indices {
            for bit in 0..<8 {
                var altered = archive
                altered[place] ^= 1 << UInt8(bit)
                guard let read = try? Zip.entries(of: altered) else { continue }
                #expect(read == Self.entries, "byte \(place)")
            }
        }
    }

    @Test func `no mutation crashes the reader, and what it accepts can be written again`() throws {
        let archive = try Self.archive()
        var generator = SeededGenerator(seed: 6_3)
        for _ in 0..<20_000 {
            guard let read = try? Zip.entries(of: generator.mutated(archive)) else { continue }
            #expect(try Zip.entries(of: Zip.archive(read)) == read)
        }
    }

    private func replacing(_ text: String, with other: String, in archive: [UInt8]) -> [UInt8] {
        var result = archive
        let (old, new) = (Array(text.utf8), Array(other.utf8))
        for start in 0...(archive.count - old.count) where Array(archive[start..<start + old.count]) == old {
            result.replaceSubrange(start..<start + old.count, with: new)
        }
        return result
    }
}
