import Council
import Foundation
import GRDB
import GRDBSQLite

/// The statements that each message and each entry pays for: values are bound as what they are and columns read by their places,
/// without GRDB's boxes. The statements themselves stay GRDB's, from its cache, on its connection and queue.
extension WriteTransaction {
    /// Runs a change and says how many rows it took hold of.
    @discardableResult
    func run(_ sql: String, _ bind: (inout BoundValues) -> Void) throws -> Int { try run(cached(sql), bind) }

    /// The same, for what is run for each message or entry: its text is looked up once in a transaction, not each time.
    @discardableResult
    func run(fixed sql: StaticString, _ bind: (inout BoundValues) -> Void) throws -> Int { try run(fixed(sql), bind) }

    /// Every row, made into what it stands for while the statement stands on it.
    func all<T>(_ sql: String, _ bind: (inout BoundValues) -> Void, _ read: (PlainColumns) throws -> T) throws -> [T] {
        try all(cached(sql), bind, read)
    }

    func all<T>(fixed sql: StaticString, _ bind: (inout BoundValues) -> Void, _ read: (PlainColumns) throws -> T) throws -> [T] {
        try all(fixed(sql), bind, read)
    }

    private func run(_ statement: Statement, _ bind: (inout BoundValues) -> Void) throws -> Int {
        try start(statement, bind)
        defer { end(statement.sqliteStatement) }
        while try step(statement) {}
        return Int(sqlite3_changes(sqlite3_db_handle(statement.sqliteStatement)))
    }

    private func all<T>(_ statement: Statement, _ bind: (inout BoundValues) -> Void, _ read: (PlainColumns) throws -> T) throws -> [T] {
        try start(statement, bind)
        defer { end(statement.sqliteStatement) }
        var found: [T] = []
        while try step(statement) { found.append(try read(PlainColumns(statement: statement.sqliteStatement))) }
        return found
    }

    private func start(_ prepared: Statement, _ bind: (inout BoundValues) -> Void) throws {
        let statement = prepared.sqliteStatement
        // Whatever a former run left: its error was thrown then.
        sqlite3_reset(statement)
        var values = BoundValues(statement: statement)
        bind(&values)
        let wanted = sqlite3_bind_parameter_count(statement)
        guard values.fault == SQLITE_OK, values.count == wanted else {
            end(statement)
            throw DatabaseError(
                resultCode: ResultCode(rawValue: values.fault == SQLITE_OK ? SQLITE_MISUSE : values.fault),
                message: "\(values.count) values given for \(wanted)", sql: prepared.sql)
        }
    }

    /// No bytes of a message stay with a statement that waits for its next use.
    private func end(_ statement: OpaquePointer) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    /// True: it stands on a row.
    private func step(_ statement: Statement) throws -> Bool {
        switch sqlite3_step(statement.sqliteStatement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let connection = sqlite3_db_handle(statement.sqliteStatement)
            throw DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)),
                sql: statement.sql)
        }
    }
}

/// Gives a statement its values, in the order of its question marks. SQLite copies them.
struct BoundValues {
    fileprivate let statement: OpaquePointer
    fileprivate private(set) var count: Int32 = 0
    fileprivate private(set) var fault = SQLITE_OK

    fileprivate init(statement: OpaquePointer) { self.statement = statement }

    // SQLITE_TRANSIENT, a cast that C's header spells as a macro.
    private static let copy = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    mutating func add(_ value: Int64?) { bind { if let value { sqlite3_bind_int64($0, $1, value) } else { sqlite3_bind_null($0, $1) } } }

    mutating func add(_ text: String?) {
        guard var text else { return bind { sqlite3_bind_null($0, $1) } }
        // By its address below, it could have none, which would mean NULL.
        guard !text.isEmpty else { return bind { sqlite3_bind_text($0, $1, "", 0, Self.copy) } }
        text.withUTF8 { utf8 in
            bind { statement, index in
                utf8.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), Self.copy)
                }
            }
        }
    }

    mutating func add(_ blob: [UInt8]?) {
        guard let blob else { return bind { sqlite3_bind_null($0, $1) } }
        blob.withUnsafeBytes { bytes in
            bind { statement, index in
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob64(statement, index, bytes.baseAddress, UInt64(bytes.count), Self.copy)
            }
        }
    }

    private mutating func bind(_ call: (OpaquePointer, Int32) -> Int32) {
        count += 1
        let code = call(statement, count)
        if fault == SQLITE_OK { fault = code }
    }
}

/// The row that a statement stands on; columns count from 0. Valid until its next step.
struct PlainColumns {
    fileprivate let statement: OpaquePointer

    func isNull(_ index: Int) -> Bool { sqlite3_column_type(statement, Int32(index)) == SQLITE_NULL }
    func number(_ index: Int) -> Int64 { sqlite3_column_int64(statement, Int32(index)) }
    func numberIfAny(_ index: Int) -> Int64? { isNull(index) ? nil : number(index) }
    func dateIfAny(_ index: Int) -> Date? { numberIfAny(index).map(Date.init(milliseconds:)) }

    /// Empty where there is none.
    func text(_ index: Int) -> String {
        guard let start = sqlite3_column_text(statement, Int32(index)) else { return "" }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(index)))), as: UTF8.self)
    }

    func textIfAny(_ index: Int) -> String? { isNull(index) ? nil : text(index) }

    func bytes(_ index: Int) -> [UInt8] {
        guard let start = sqlite3_column_blob(statement, Int32(index)) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, Int32(index)))))
    }

    func hash(_ index: Int, of table: String) throws -> ContentHash {
        guard let hash = ContentHash(bytes: bytes(index)) else { throw DamagedRow(table: table, what: "hash") }
        return hash
    }

    /// A column that a CHECK constraint keeps to an enumeration's names.
    func value<T: RawRepresentable>(_ index: Int, _ column: String, of table: String) throws -> T where T.RawValue == String {
        let text = text(index)
        guard let value = T(rawValue: text) else { throw DamagedRow(table: table, what: "\(column) '\(text)'") }
        return value
    }
}
