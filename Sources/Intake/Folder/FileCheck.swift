import Council

/// Whether one dropped file can be taken, looked at through an open descriptor.
enum FileCheck {
    enum Verdict: Hashable { case good, locked, refused(Mistake) }

    static func judge(_ name: RawName, in folder: OpenFolder, largest: Int64) throws(FolderFault) -> Verdict {
        let file: OpenFile
        do throws(FolderFault) {
            file = try folder.file(name)
        } catch {
            if error.isForbidden { return .refused(Mistake(.unreadableFile, name: name.shown)) }
            throw error
        }
        let status = try file.status()
        guard status.kind == .file else { return .refused(Mistake(.specialFile, name: name.shown)) }
        guard status.size > 0 else { return .refused(Mistake(.emptyFile, name: name.shown)) }
        guard status.size <= largest else {
            return .refused(Mistake(.tooLarge, name: name.shown, value: megabytes(status.size), count: Int(largest >> 20)))
        }
        if file.isLocked { return .locked }
        let ending = SafeFileNames.split(name.text).ending
        if ending.lowercased() == ".pdf" {
            guard try isWholePDF(file, status.size) else { return .refused(Mistake(.damagedPDF, name: name.shown)) }
            let lock = PDFLock(size: status.size) { (count, place) throws(FolderFault) in try file.read(count, at: place) }
            if try lock.needsPassword() { return .refused(Mistake(.lockedPDF, name: name.shown)) }
        }
        if MediaType.isArchive(ending), try !isWholeArchive(file, status.size) {
            return .refused(Mistake(.damagedArchive, name: name.shown))
        }
        return .good
    }

    static func megabytes(_ size: Int64) -> String { String((size + (1 << 20) - 1) >> 20) }

    /// ISO 32000-1, 7.5.2 and 7.5.5, as readers take them: the header within the first kilobyte, the end's mark within
    /// the last two. A file that is copied into a space reserved beforehand has no such end until it is whole.
    private static func isWholePDF(_ file: OpenFile, _ size: Int64) throws(FolderFault) -> Bool {
        let end = try file.read(2048, at: max(0, size - 2048))
        return contains(Array("%PDF-".utf8), in: try file.read(1024, at: 0)) && contains(Array("%%EOF".utf8), in: end)
    }

    /// A zip archive's directory ends within its last 65,557 bytes (APPNOTE.TXT, 4.3.16).
    private static func isWholeArchive(_ file: OpenFile, _ size: Int64) throws(FolderFault) -> Bool {
        guard try file.read(2, at: 0) == [0x50, 0x4B] else { return false }
        return contains([0x50, 0x4B, 0x05, 0x06], in: try file.read(65_557, at: max(0, size - 65_557)))
    }

    private static func contains(_ wanted: [UInt8], in bytes: [UInt8]) -> Bool {
        guard bytes.count >= wanted.count else { return false }
        return (0...(bytes.count - wanted.count)).contains { start in
            bytes[start] == wanted[0] && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }
}
