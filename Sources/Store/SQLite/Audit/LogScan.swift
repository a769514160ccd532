import CPageSums
import Foundation

/// What lies in the database's log (`-wal`; SQLite's file format, "The Write-Ahead Log").
struct LogScan {
    /// Pages whose newest committed version is in the log, with the frame it is in: the main file need not have it yet.
    private(set) var frames: [UInt32: UInt32] = [:]
    private(set) var committed: UInt32 = 0
    /// What the newest first page in it has reserved.
    private(set) var reserved: UInt8?
    /// The first frame that doesn't have its checksum, though something shows that it was committed; 0: the log's own header.
    private(set) var damagedFrame: UInt32?

    private static let headerSize = 32
    private static let frameHeaderSize = 24

    /// `state`: of the log's shared index, read before; nil: there is none.
    /// Reads a frame at a time. Opening the log by itself is safe: SQLite keeps no locks on it.
    init(path: String, state: page_sums_log_state?) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        // Only read from: closing loses nothing.
        defer { try? file.close() }
        guard let header = try file.read(upToCount: Self.headerSize).map(Array.init), header.count == Self.headerSize else { return }
        let size = Int(Self.number(header, 8))
        let isBigEndian: Int32 = header[3] & 1 == 1 ? 1 : 0
        var sums: (UInt32, UInt32) = (0, 0)
        Self.add(header[..<24], to: &sums, isBigEndian)
        let isOurs = Self.number(header, 0) & ~1 == 0x377F_0682 && size.nonzeroBitCount == 1 && (512...65536).contains(size)
        guard isOurs, sums == (Self.number(header, 24), Self.number(header, 28)) else {
            // With a frame behind it, it had a commit to keep.
            if try file.read(upToCount: 1)?.isEmpty == false { damagedFrame = 0 }
            return
        }
        let salts = [Self.number(header, 16), Self.number(header, 20)]
        let known = state.flatMap { [$0.salts.0, $0.salts.1] == salts ? $0 : nil }
        var number: UInt32 = 0
        var open: [UInt32: UInt32] = [:]
        var first: UInt8?
        var broken: UInt32?
        while let frame = try file.read(upToCount: Self.frameHeaderSize + size).map(Array.init),
            frame.count == Self.frameHeaderSize + size
        {
            number += 1
            let isOfThisLog = [Self.number(frame, 8), Self.number(frame, 12)] == salts
            if broken == nil {
                Self.add(frame[..<8], to: &sums, isBigEndian)
                Self.add(frame[Self.frameHeaderSize...], to: &sums, isBigEndian)
                if !isOfThisLog || sums != (Self.number(frame, 16), Self.number(frame, 20)) { broken = number }
            }
            let commits = Self.number(frame, 4) != 0
            if let broken {
                // A commit after it: what was committed before that is whole, unless something has changed it since.
                if isOfThisLog, commits, number > broken { damagedFrame = broken }
            } else {
                open[Self.number(frame, 0)] = number
                if Self.number(frame, 0) == 1 { first = frame[Self.frameHeaderSize + 20] }
                if commits {
                    reserved = first
                    frames.merge(open) { $1 }
                    open = [:]
                    committed = number
                }
            }
        }
        // The shared index counts commits that SQLite has made: all of them must be there.
        if damagedFrame == nil, let known, known.committed > committed { damagedFrame = broken ?? number + 1 }
        // What has been copied into the main file must be right there.
        if let known { frames = frames.filter { $1 > known.copied } }
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func add(_ bytes: ArraySlice<UInt8>, to sums: inout (UInt32, UInt32), _ isBigEndian: Int32) {
        var pair = [sums.0, sums.1]
        bytes.withUnsafeBytes { page_sums_log_sum(&pair, $0.baseAddress, Int64($0.count), isBigEndian) }
        sums = (pair[0], pair[1])
    }
}
