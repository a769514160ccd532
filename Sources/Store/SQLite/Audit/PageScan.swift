import CPageSums
package import Foundation
import GRDB

extension SQLiteStorage {
    package func scanFiles(limit: Int) async throws -> FileScan { try await scanFiles(limit: limit, looks: 9) }

    /// `looks`: how often what doesn't agree is looked at, a tenth of a second apart.
    package func scanFiles(limit: Int, looks: Int) async throws -> FileScan {
        try await Self.scanFiles(at: pool.path, limit: limit, looks: looks)
    }

    /// Also of a database that is too damaged to be opened. On a connection of its own, without a transaction: a long look keeps the
    /// log from being emptied by nobody.
    package static func scanFiles(in folder: URL, limit: Int) async throws -> FileScan {
        try PageSums.register()
        return try await scanFiles(at: databaseFile(in: folder).path, limit: limit, looks: 9)
    }

    private static func scanFiles(at path: String, limit: Int, looks: Int) async throws -> FileScan {
        guard let connection = page_sums_open(path) else {
            throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "the file can't be opened to be looked at")
        }
        defer { page_sums_close(connection) }
        var scan = FileScan()
        var look = try PageScan(connection)
        scan.pages = look.pages
        // A running service may just be writing what doesn't agree: then it does a moment later.
        for _ in 1..<max(looks, 1) {
            if look.faults.isEmpty { break }
            try await Task.sleep(for: .milliseconds(100))
            look = try PageScan(connection, only: look)
        }
        scan.faults = Array(look.faults.prefix(limit))
        scan.further = look.faults.count - scan.faults.count
        return scan
    }
}

/// One look at every byte of the database's files.
struct PageScan: Sendable {
    private(set) var faults: [FileScan.Fault] = []
    private(set) var pages = 0
    /// Pages of which nothing says what they must be.
    private var blank: [UInt32] = []

    private static let chunk = 1 << 20

    /// `only`: looks again at what an earlier look found, and keeps what it finds both times.
    init(_ connection: OpaquePointer, only earlier: PageScan? = nil) throws {
        var state = page_sums_log_state()
        let hasState = page_sums_read_log_state(connection, &state) == 1
        let path = page_sums_path(connection).map { String(cString: $0) } ?? ""
        let log = try LogScan(path: path + "-wal", state: hasState ? state : nil)
        if let frame = log.damagedFrame { faults.append(.part(.logFrame(frame))) }
        try scanMain(MainFile(connection), log, earlier)
        if let earlier {
            let known = Set(earlier.faults)
            faults = faults.filter { known.contains($0) }
        }
        if blank.first == 1 {
            faults.append(.withoutSums)
        } else if let first = blank.first {
            faults.append(.blankPages(count: UInt32(clamping: blank.count), first: first))
        }
    }

    private mutating func scanMain(_ file: MainFile, _ log: LogScan, _ earlier: PageScan?) throws {
        let length = file.size
        // A database that has never been written to, or whose first pages are all in the log.
        guard length > 0 else { return }
        let header = try file.read(100, at: 0)
        var size = Int(header[16]) << 8 | Int(header[17])
        if size == 1 { size = 65536 }
        guard header.starts(with: Array("SQLite format 3\0".utf8)), size.nonzeroBitCount == 1, size >= 512 else {
            faults.append(.part(.page(1)))
            return
        }
        var first = try file.read(size, at: 0)
        if first[20] != UInt8(PAGE_SUMS_BYTES) {
            // It is just getting its sums: all of it is in the log.
            if log.frames[1] != nil, log.reserved == UInt8(PAGE_SUMS_BYTES) { return }
            first[20] = UInt8(PAGE_SUMS_BYTES)
            // The one byte that says whether there are sums has changed; with it, the page has its own.
            guard page_sum_holds(1, first, UInt32(size)) == 1 else { return blank.append(1) }
        }
        let count = UInt32(clamping: length / Int64(size))
        if length % Int64(size) != 0, log.frames[count + 1] == nil { faults.append(.trailingBytes(length % Int64(size))) }
        let named = header[28..<32].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if named > count, let missing = (count + 1...named).first(where: { log.frames[$0] == nil }) { faults.append(.missingPage(missing)) }
        let lockPage = MainFile.lockPage(pageSize: size)
        if let earlier {
            var again = earlier.blank
            for case .part(.page(let number)) in earlier.faults { again.append(number) }
            for number in again where number <= count && log.frames[number] == nil {
                judge(try file.read(size, at: Int64(number - 1) * Int64(size))[...], number, size, isLockPage: number == lockPage)
            }
            return
        }
        var next: UInt32 = 1
        while next <= count {
            try Task.checkCancellation()
            let taken = min(UInt32(Self.chunk / size), count - next + 1)
            let bytes = try file.read(Int(taken) * size, at: Int64(next - 1) * Int64(size))
            for place in 0..<Int(taken) {
                let number = next + UInt32(place)
                if log.frames[number] != nil { continue }
                pages += 1
                judge(bytes[place * size..<(place + 1) * size], number, size, isLockPage: number == lockPage)
            }
            next += taken
        }
    }

    private mutating func judge(_ page: ArraySlice<UInt8>, _ number: UInt32, _ size: Int, isLockPage: Bool) {
        let isRight = page.withUnsafeBytes { bytes in
            if isLockPage { return bytes.allSatisfy { $0 == 0 } }
            if page_sum_is_blank(bytes.baseAddress, UInt32(size)) == 1 {
                blank.append(number)
                return true
            }
            return page_sum_holds(number, bytes.baseAddress, UInt32(size)) == 1
        }
        if !isRight { faults.append(.part(.page(number))) }
    }
}
