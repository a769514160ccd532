import Council
import Foundation
import GRDB
import Ledger

/// What a write request works with: the connection, the journal's end, and what to wake when all is durable.
/// Lives for one transaction, on the writer's queue.
final class WriteTransaction {
    let db: Database
    private let randomness: Randomness
    private var nextSeq: Int64?
    private(set) var woken: Set<Work> = []

    init(db: Database, randomness: Randomness) {
        self.db = db
        self.randomness = randomness
    }

    /// Runs one request so that its failure, which is returned, undoes its own work and nothing else. Throws when the
    /// batch as a whole is lost: SQLite has abandoned the transaction (disk full, I/O error), or can't undo a part of it.
    func attempt<T>(_ work: (WriteTransaction) throws -> T) throws -> Result<T, any Error> {
        let before = (nextSeq, woken)
        try execute("SAVEPOINT request")
        do {
            let value = try work(self)
            try execute("RELEASE SAVEPOINT request")
            return .success(value)
        } catch {
            guard db.isInsideTransaction else { throw error }
            (nextSeq, woken) = before
            try execute("ROLLBACK TO SAVEPOINT request")
            try execute("RELEASE SAVEPOINT request")
            return .failure(error)
        }
    }

    /// Appends one entry: leaf, leaf hash, and what opens its commitment.
    @discardableResult
    func append(_ fact: Fact) throws -> UInt64 {
        let seq = try nextSeq ?? Int64.fetchOne(cached("SELECT coalesce(max(seq) + 1, 0) FROM journal")) ?? 0
        let index = UInt64(seq)
        let content = fact.content(seq: index)
        let key = randomness.bytes(32)
        let leaf = fact.leaf(seq: index, commitment: Commitment.make(content: content, key: key))
        try execute(
            "INSERT INTO journal (seq, type, sitting, leaf, leaf_hash) VALUES (?, ?, ?, ?, ?)",
            [seq, fact.type.rawValue, fact.sitting?.rawValue, Data(leaf), Data(Merkle.leafHash(leaf))])
        try execute(
            "INSERT INTO opening (seq, convocation, document, key, content) VALUES (?, ?, ?, ?, ?)",
            [seq, fact.convocation?.rawValue, fact.document.map { Data($0.bytes) }, Data(key), Data(content)])
        nextSeq = seq + 1
        woken.insert(.journal)
        return index
    }

    func wake(_ work: Work) { woken.insert(work) }

    func cached(_ sql: String) throws -> Statement { try db.cachedStatement(sql: sql) }

    func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cached(sql).execute(arguments: arguments)
    }

    /// Runs a guarded change and says how many rows it took hold of.
    func change(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        try execute(sql, arguments)
        return db.changesCount
    }

    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cached(sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(cached(sql), arguments: arguments)
    }
}
