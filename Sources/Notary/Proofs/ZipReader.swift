extension Zip {
    /// Reads an archive as strictly as it is written: the files side by side from the first byte, then the directory, then
    /// its end, with not one byte between, before or after; both headers of a file alike; every checksum right. So the
    /// bytes have one reading only, whatever program reads them: what programs note beside a file (which one made it, its rights and
    /// time) is not looked at. It refuses without ever taking more memory than the input.
    package static func entries(of archive: [UInt8]) throws(ZipFault) -> [ArchiveEntry] {
        guard archive.count <= longest else { throw .tooLong(archive.count) }
        let end = try endRecord(archive)
        var directory = Cursor(bytes: archive, position: end.directory, limit: end.position)
        var files = Cursor(bytes: archive, position: 0, limit: end.directory)
        var entries: [ArchiveEntry] = []
        var names = Set<String>()
        for _ in 0..<end.count {
            let offset = files.position
            let local = try fileHeader(&files, magic: localMagic)
            let content = try files.take(local.size, "the file \(local.name)")
            let entry = ArchiveEntry(local.name, content)
            guard CRC32.checksum(content) == local.checksum else { throw .damaged("the checksum of \(local.name) is wrong") }
            guard names.insert(local.name.lowercased()).inserted else { throw .duplicate(local.name) }
            let listed = try directoryEntry(&directory)
            guard listed.header == local, listed.offset == offset else { throw .damaged("the directory disagrees about \(local.name)") }
            entries.append(entry)
        }
        guard files.isAtEnd, directory.isAtEnd else { throw .damaged("there are bytes that belong to no file") }
        return entries
    }

    private struct FileHeader: Equatable {
        let name: String
        let size: Int
        let checksum: UInt32
    }

    private static func endRecord(_ archive: [UInt8]) throws(ZipFault) -> (position: Int, directory: Int, count: Int) {
        let length = 22
        guard archive.count >= length else { throw .damaged("\(archive.count) bytes are no archive") }
        let position = archive.count - length
        var cursor = Cursor(bytes: archive, position: position, limit: archive.count)
        guard try cursor.take(4, "the end record") == endMagic, try cursor.number16() == 0, try cursor.number16() == 0 else {
            throw .damaged("the end record is not at the end: truncated, or something was added")
        }
        let count = Int(try cursor.number16())
        guard try cursor.number16() == count else { throw .damaged("the end record counts files in two ways") }
        guard count <= mostEntries else { throw .tooManyFiles(count) }
        let size = Int(try cursor.number32())
        let directory = Int(try cursor.number32())
        guard directory + size == position, try cursor.number16() == 0 else { throw .damaged("the directory is not before its end") }
        return (position, directory, count)
    }

    /// From the magic number to the file's name.
    private static func fileHeader(_ cursor: inout Cursor, magic: [UInt8]) throws(ZipFault) -> FileHeader {
        guard try cursor.take(4, "a file's header") == magic else { throw .damaged("a file's header is missing") }
        let (header, nameLength) = try commonHeader(&cursor)
        return try named(header, try cursor.take(nameLength, "a file's name"))
    }

    private static func directoryEntry(_ cursor: inout Cursor) throws(ZipFault) -> (header: FileHeader, offset: Int) {
        guard try cursor.take(4, "a directory entry") == centralMagic else { throw .damaged("a directory entry is missing") }
        // Which program made it.
        _ = try cursor.number16()
        let (header, nameLength) = try commonHeader(&cursor)
        guard try cursor.number16() == 0 else { throw .damaged("a directory entry has a comment") }
        guard try cursor.number16() == 0 else { throw .damaged("the archive is cut into volumes") }
        // Internal attributes: whether it looked like text.
        _ = try cursor.number16()
        // A file's rights on the system where it was packed; but a link or a folder would be unpacked as something else.
        let attributes = try cursor.number32()
        guard attributes & 0x10 == 0, [0, 0o100000].contains(attributes >> 16 & 0o170000) else {
            throw .damaged("a directory entry is no plain file")
        }
        let offset = Int(try cursor.number32())
        return (try named(header, try cursor.take(nameLength, "a file's name")), offset)
    }

    private static func commonHeader(_ cursor: inout Cursor) throws(ZipFault) -> (FileHeader, nameLength: Int) {
        let needed = try cursor.number16(), flags = try cursor.number16()
        guard flags & 1 == 0, try cursor.number16() == 0 else { throw .compressed("a file") }
        // 2.0 says that there may be folders or packing; there is neither.
        guard (version...20).contains(needed) else { throw .damaged("a header asks for version \(needed) of the format") }
        // That names are UTF-8 may be said.
        guard flags & ~0x0800 == 0 else { throw .damaged("a header doesn't tell the file's size, or has unknown flags") }
        // Time and date say nothing.
        _ = try cursor.number32()
        let checksum = try cursor.number32()
        let size = Int(try cursor.number32())
        guard try cursor.number32() == size else { throw .damaged("a header tells two sizes of a stored file") }
        let nameLength = Int(try cursor.number16())
        guard try cursor.number16() == 0 else { throw .damaged("a header has extra fields (zip -X leaves them out)") }
        return (FileHeader(name: "", size: size, checksum: checksum), nameLength)
    }

    private static func named(_ header: FileHeader, _ bytes: [UInt8]) throws(ZipFault) -> FileHeader {
        let name = String(decoding: bytes, as: UTF8.self)
        guard isAcceptable(name) else { throw .badName(name) }
        return FileHeader(name: name, size: header.size, checksum: header.checksum)
    }

    /// Reads forward inside a part of the archive; never beyond.
    private struct Cursor {
        let bytes: [UInt8]
        private(set) var position: Int
        let limit: Int

        init(bytes: [UInt8], position: Int, limit: Int) {
            self.bytes = bytes
            self.position = position
            self.limit = limit
        }

        var isAtEnd: Bool { position == limit }

        mutating func take(_ count: Int, _ what: String) throws(ZipFault) -> [UInt8] {
            guard count <= limit - position else { throw .damaged("\(what) is cut off") }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }

        mutating func number16() throws(ZipFault) -> UInt16 {
            let two = try take(2, "a number")
            return UInt16(two[0]) | UInt16(two[1]) << 8
        }

        mutating func number32() throws(ZipFault) -> UInt32 {
            let four = try take(4, "a number")
            return four.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}
