import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The checksums in the database's pages")
struct PageSumsTests {
    @Test("are CRC-64/XZ over the page's number and its bytes, as another program computes them, in every page")
    func formula() async throws {
        let database = try await DatabaseFile()
        let script = """
            import sys
            def table():
                for byte in range(256):
                    crc = byte
                    for _ in range(8): crc = crc >> 1 ^ (0xC96C5795D7870F42 if crc & 1 else 0)
                    yield crc
            T = list(table())
            def crc64(data):
                crc = 2**64 - 1
                for byte in data: crc = crc >> 8 ^ T[(crc ^ byte) & 255]
                return crc ^ (2**64 - 1)
            assert crc64(b"123456789") == 0x995DC9BBDF1939FA
            data = open(sys.argv[1], "rb").read()
            assert data[20] == 8 and len(data) % 4096 == 0
            pages = len(data) // 4096
            for n in range(pages):
                page = data[n * 4096:(n + 1) * 4096]
                assert crc64((n + 1).to_bytes(8, "little") + page[:4088]) == int.from_bytes(page[4088:], "little"), n + 1
            print(pages)
            """
        let result = try Tool.run(Tool.python, ["-c", script, database.url.path])
        #expect(result.status == 0 && result.text == "\(database.size / DatabaseFile.pageSize)\n", "\(result.errors)")
        let scan = try await database.reading().scanFiles(limit: 10)
        #expect(scan.faults == [] && scan.pages == database.size / DatabaseFile.pageSize)
    }

    @Test("tell a flipped bit at each of 3,000 places over the whole file, and name its page")
    func everywhere() async throws {
        let database = try await DatabaseFile()
        let storage = try database.reading()
        #expect(try await storage.scanFiles(limit: 1).faults == [])
        let step = max(1, database.size / 3100)
        var tried = 0
        for place in stride(from: 0, to: database.size, by: step) {
            let before = try database.read(1, at: place)
            try database.write([before[0] ^ 1 << UInt8(tried % 8)], at: place)
            let faults = try await storage.scanFiles(limit: .max, looks: 1).faults
            let page = UInt32(place / DatabaseFile.pageSize) + 1
            // Where the header says how long a page is, no page is what it was.
            let isNamed = faults.contains(.part(.page(page))) && (faults.count == 1 || 16...17 ~= place)
            if !isNamed { Issue.record("byte \(place) of page \(page): \(faults.prefix(3))") }
            try database.write(before, at: place)
            tried += 1
        }
        #expect(tried >= 3000)
        #expect(try await storage.scanFiles(limit: 1).faults == [])
    }

    @Test("tell each flipped bit of the file's header")
    func header() async throws {
        let database = try await DatabaseFile()
        let storage = try database.reading()
        for place in 0..<100 {
            let before = try database.read(1, at: place)
            for bit in 0..<8 {
                try database.write([before[0] ^ 1 << UInt8(bit)], at: place)
                let faults = try await storage.scanFiles(limit: 9, looks: 1).faults
                #expect(faults.contains(.part(.page(1))), "byte \(place), bit \(bit): \(faults)")
                // Nor does anyone who opens it then use it.
                if bit == place % 8 {
                    #expect(throws: StorageOpenError.self, "byte \(place), bit \(bit)") { _ = try database.reading() }
                }
            }
            try database.write(before, at: place)
        }
        #expect(try await storage.scanFiles(limit: 1).faults == [])
    }

    @Test("tell pages that have changed places, blanked ones, a file that was cut and one that has grown")
    func places() async throws {
        let database = try await DatabaseFile()
        let storage = try database.reading()
        let size = DatabaseFile.pageSize
        let (second, last) = (try database.read(size, at: size), try database.read(size, at: database.size - size))
        let count = UInt32(database.size / size)
        try database.write(last, at: size)
        try database.write(second, at: database.size - size)
        #expect(try await storage.scanFiles(limit: 9, looks: 1).faults == [.part(.page(2)), .part(.page(count))])
        try database.write(second, at: size)
        try database.write([UInt8](repeating: 0, count: size), at: database.size - size)
        #expect(try await storage.scanFiles(limit: 9, looks: 1).faults == [.blankPages(count: 1, first: count)])
        try database.cut(to: database.size - size)
        #expect(try await storage.scanFiles(limit: 9, looks: 1).faults == [.missingPage(count)])
        try database.write(last + [1, 2, 3], at: database.size - size)
        #expect(try await storage.scanFiles(limit: 9, looks: 1).faults == [.trailingBytes(3)])
        try database.cut(to: database.size)
        #expect(try await storage.scanFiles(limit: 9).faults == [])
    }

    @Test(
        "tell an edit by the sqlite3 tool, also of columns that no entry of the journal tells of",
        arguments: [
            "UPDATE notice SET content = json_set(content, '$.x', 1) WHERE id = 3", "UPDATE message SET due_at = due_at + 1",
            "UPDATE message SET first_attempt_at = first_attempt_at + 1", "UPDATE access SET count = count + 1 WHERE id = 1",
            "UPDATE access SET last_at = last_at + 1 WHERE id = 2",
            "INSERT INTO link (id, target, sitting, revision, expires) SELECT 7, 'approve', id, 1, 5 FROM sitting",
            "UPDATE member_version SET since = since + 1 WHERE id = 2", "DELETE FROM notice WHERE id > 10",
            "DROP TRIGGER anchor_transaction_is_kept; UPDATE anchor SET raw_transaction = zeroblob(200)",
        ])
    func edited(_ statements: String) async throws {
        let database = try await DatabaseFile()
        try database.sqlite(statements)
        let storage: SQLiteStorage
        do {
            storage = try database.reading()
        } catch StorageOpenError.damagedPart {
            // The tool has counted its change in the first page.
            return
        }
        let scan = try await storage.scanFiles(limit: 9)
        #expect(scan.faults.contains { if case .part(.page) = $0 { true } else { false } }, "\(scan.faults)")
    }

    @Test("keep a damaged page from being used, to read and to write, and say which it is")
    func refused() async throws {
        let database = try await DatabaseFile()
        let listing = try Tool.run("sqlite3", ["-readonly", database.url.path, "SELECT pageno FROM dbstat WHERE name = 'journal'"])
        let pages = listing.text.split(separator: "\n").compactMap { UInt32($0) }
        try #require(!pages.isEmpty)
        func flip() throws {
            for page in pages {
                let place = Int(page - 1) * DatabaseFile.pageSize + 1000
                try database.write([try database.read(1, at: place)[0] ^ 1], at: place)
            }
        }
        try flip()
        let (reader, writer) = (try database.reading(), try TestStorage.open(database.folder.url))
        for storage in [reader, writer] {
            do {
                _ = try await storage.journal(from: 0, limit: 100)
                Issue.record("read")
            } catch let damage as DatabaseDamage {
                guard case .page(let number) = damage.part else {
                    Issue.record("\(damage)")
                    return
                }
                #expect(pages.contains(number) && damage.description.contains("page \(number) of \(database.url.path)"))
            }
        }
        await #expect(throws: DatabaseDamage.self) {
            _ = try await writer.replaceRoll(with: Sample.roll(3), source: Sample.hash("other"), at: Sample.now)
        }
        // What doesn't need the page goes on.
        try await writer.post(.rejected(name: "x", reason: ""), at: Sample.now)
        try flip()
        #expect(try await writer.journal(from: 0, limit: 100).count > 20)
        _ = try await writer.replaceRoll(with: Sample.roll(3), source: Sample.hash("other"), at: Sample.now)
        #expect(try await writer.scanFiles(limit: 9).faults == [])
    }

}
