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
    /// No anchored state waits for an entry to tell of it; false: not looked up.
    private var areAnchorsTold = false
    /// Random bytes that no entry has yet.
    private var keys: ArraySlice<UInt8> = []
    private var fixedStatements: [Int: Statement] = [:]
    /// Whom this request's notices are about, by kind and sitting, in the order in which they were posted.
    private var gathered: [(kind: String, sitting: SittingID, notice: NoticeContent, convocations: [ConvocationID], at: Date)] = []
    /// As `newest_time` has it; nil: not looked up.
    private var newest: Int64?

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
            try finish()
            try execute("RELEASE SAVEPOINT request")
            return .success(value)
        } catch {
            guard db.isInsideTransaction else { throw error }
            (nextSeq, woken, areAnchorsTold, newest) = (before.0, before.1, false, nil)
            gathered = []
            try execute("ROLLBACK TO SAVEPOINT request")
            try execute("RELEASE SAVEPOINT request")
            return .failure(error)
        }
    }

    /// `notice`: one of that kind about that sitting.
    func gather(_ kind: String, _ sitting: SittingID, _ notice: NoticeContent, _ convocations: [ConvocationID], at now: Date) {
        if let place = gathered.firstIndex(where: { $0.kind == kind && $0.sitting == sitting }) {
            gathered[place].convocations += convocations
        } else {
            gathered.append((kind, sitting, notice, convocations, now))
        }
    }

    /// Writes what was gathered. At the end of each request.
    func finish() throws {
        let notices = gathered
        gathered = []
        for one in notices {
            var known: Set<ConvocationID> = []
            let convocations = one.convocations.filter { known.insert($0).inserted }
            try SQLiteStorage.insert(one.notice.listing(convocations), at: one.at, in: self)
        }
    }

    /// Appends one entry: leaf, leaf hash, and what opens its commitment.
    @discardableResult
    func append(_ fact: Fact) throws -> UInt64 {
        let seq = try nextSeq ?? Int64.fetchOne(cached("SELECT coalesce(max(seq) + 1, 0) FROM journal")) ?? 0
        let index = UInt64(seq)
        let content = try telling(of: fact).content(seq: index)
        let key = freshKey()
        let leaf = fact.leaf(seq: index, commitment: Commitment.make(content: content, key: key))
        try run(fixed: "INSERT INTO journal (seq, type, sitting, leaf, leaf_hash) VALUES (?, ?, ?, ?, ?)") {
            $0.add(seq)
            $0.add(fact.type.rawValue)
            $0.add(fact.sitting?.rawValue)
            $0.add(leaf)
            $0.add(Merkle.leafHash(leaf))
        }
        try run(fixed: "INSERT INTO opening (seq, convocation, document, key, content) VALUES (?, ?, ?, ?, ?)") {
            $0.add(seq)
            $0.add(fact.convocation?.rawValue)
            $0.add(fact.document?.bytes)
            $0.add(key)
            $0.add(content)
        }
        nextSeq = seq + 1
        try note(time: fact.at)
        woken.insert(.journal)
        return index
    }

    /// For one commitment. Drawn for several entries at once: each call of the system costs as much as a tenth of an entry.
    private func freshKey() -> [UInt8] {
        if keys.isEmpty { keys = randomness.bytes(8 * Commitment.keySize)[...] }
        defer { keys = keys.dropFirst(Commitment.keySize) }
        return Array(keys.prefix(Commitment.keySize))
    }

    /// The newest time of an entry; nil: there is none.
    func newestTime() throws -> Int64? {
        if newest == nil { newest = try Int64.fetchOne(cached("SELECT at FROM newest_time")) }
        return newest
    }

    /// The same, or that of a timestamp, whichever is later.
    func newestKnown() throws -> Int64? {
        let stamp = try Int64.fetchOne(cached("SELECT at FROM newest_timestamp"))
        return try [newestTime(), stamp].compactMap { $0 }.max()
    }

    /// Written only when it is later by a step, so that most entries don't pay for it.
    private func note(time: Date) throws {
        if let newest = try newestTime(), time.milliseconds < newest + Int64(ClockRule.step * 1000) { return }
        try set(newestTime: time)
    }

    func set(newestTime: Date) throws {
        try execute(
            "INSERT INTO newest_time (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at", [newestTime.milliseconds])
        newest = newestTime.milliseconds
    }

    /// Throws where the clock is behind what entries or timestamps say.
    func refuseClock(behind now: Date) throws {
        guard let newest = try newestKnown().map(Date.init(milliseconds:)), ClockRule.isBehind(now, newest: newest) else { return }
        throw StorageError.clockBehind(newest: newest)
    }

    /// Sizes in one entry at most.
    private static let mostTold = 500

    /// The fact, with the anchored states that no entry tells of yet: so that none of them can be taken away unseen.
    private func telling(of fact: Fact) throws -> Fact {
        if areAnchorsTold { return fact }
        let sizes = try Int64.fetchAll(cached("SELECT size FROM anchor_untold ORDER BY size LIMIT ?"), arguments: [Self.mostTold])
        let proofs = try rows(Self.untoldProofs, [Self.mostProofs])
        areAnchorsTold = sizes.count < Self.mostTold && proofs.count < Self.mostProofs
        var telling = fact
        if let last = sizes.last {
            telling.details["anchored"] = .array(sizes.map { .integer($0) })
            try execute("DELETE FROM anchor_untold WHERE size <= ?", [last])
        }
        if !proofs.isEmpty { telling.details["proofs"] = .array(try proofs.map(tell)) }
        return telling
    }

    /// In an order drawn by lot.
    func shuffled<Item>(_ items: [Item]) -> [Item] {
        items.map { (lot: randomness.uint64(), item: $0) }.sorted { $0.lot < $1.lot }.map(\.item)
    }

    private static let mostProofs = 100
    private static let untoldProofs = """
        SELECT anchor.size, anchor.method, anchor.authority, anchor.state, anchor.bytes, anchor.txid
        FROM proof_untold JOIN anchor USING (size, method, authority) WHERE anchor.state <> 'wanted'
        ORDER BY anchor.size, anchor.method, anchor.authority LIMIT ?
        """

    /// What stays of a proof: a calendar's grows until it is complete, so its bytes are committed only then.
    private func tell(_ row: Row) throws -> JSON {
        let (size, method, authority, state): (Int64, String, String, String) = (row[0], row[1], row[2], row[3])
        try execute("DELETE FROM proof_untold WHERE size = ? AND method = ? AND authority = ?", [size, method, authority])
        var proof: [String: JSON] = [
            "size": .integer(size), "method": .string(method), "authority": .string(authority), "state": .string(state),
        ]
        if state == "complete" { proof["hash"] = .string(ContentHash(sha256Of: row.bytes("bytes")).hex) }
        if let transaction: String = row[5] { proof["transaction"] = .string(transaction) }
        return .object(proof)
    }

    func anchorsChanged() { areAnchorsTold = false }

    func wake(_ work: Work) { woken.insert(work) }

    func cached(_ sql: String) throws -> Statement { try db.cachedStatement(sql: sql) }

    /// The same by where the text lies.
    func fixed(_ sql: StaticString) throws -> Statement {
        let place = Int(bitPattern: sql.utf8Start)
        if let statement = fixedStatements[place] { return statement }
        let statement = try cached("\(sql)")
        fixedStatements[place] = statement
        return statement
    }

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
