import Council
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite("What is done for each message")
struct QueryPlanTests {
    /// A search that goes through a whole table costs nothing in a test, and all the time there is with 100,000 messages.
    @Test("never reads a whole table that grows")
    func plans() async throws {
        let data = try TestStorage()
        let storage = data.storage
        _ = try await data.approvedSitting(members: 6)
        let composed = try await data.composeAll()
        let statements = Statements()
        try await storage.pool.writeWithoutTransaction { db in
            db.trace { event in
                if case .statement(let statement) = event { statements.add(statement.sql) }
            }
        }
        let leased = try await storage.lease(limit: 4, at: Sample.now)
        try #require(leased.count == 4)
        let results: [DeliveryOutcome.Result] = [
            .accepted, .refused, .deferred(retryAt: Sample.now + 60), .unknown(retryAt: Sample.now + 60),
        ]
        try await storage.record(zip(leased, results).map { Sample.outcome(of: $0, $1, at: Sample.now) })
        let link = try #require(composed.flatMap(\.links).first { $0.target == .sitting })
        _ = try await storage.record(Access(link: link.id, at: Sample.now, grade: .person, signals: [], document: nil))
        _ = try await storage.lease(limit: 4, at: Sample.now + 90)
        _ = try await storage.recoverLeases(at: Sample.now + 100, policy: .resend)

        let seen = statements.all
        let plans = try await storage.pool.writeWithoutTransaction { db in
            db.trace(nil)
            return try seen.map { sql in
                (
                    sql: sql,
                    steps: try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: Self.nothing(for: sql)).map {
                        $0["detail"] as String
                    }
                )
            }
        }
        try #require(plans.contains { $0.sql.contains("UPDATE message SET state = 'leased'") })
        try #require(plans.contains { $0.steps.contains("SEARCH message USING INTEGER PRIMARY KEY (rowid=?)") })
        // Nor makes one for a rule: SQLite does of each list of three values or more.
        let changes = seen.filter { sql in
            ["INSERT INTO message", "UPDATE message SET state = ?", "UPDATE convocation", "INSERT INTO access"].contains(
                where: sql.hasPrefix)
        }
        try #require(changes.count >= 3)
        for sql in changes {
            let steps = try await storage.pool.writeWithoutTransaction { db in
                try Row.fetchAll(db, sql: "EXPLAIN " + sql, arguments: Self.nothing(for: sql)).map { $0["opcode"] as String }
            }
            #expect(!steps.contains("OpenEphemeral"), "\(sql)")
        }
        for plan in plans {
            let whole = plan.steps.filter { step in
                step.hasPrefix("SCAN ") && !step.contains(" USING ") && step != "SCAN CONSTANT ROW"
            }
            // An entry's numbers are looked up in tables that refer to it only where such a check was put off: none is here.
            let allowed = plan.sql.hasPrefix("INSERT INTO journal") ? Self.small.union(["access", "sitting_document"]) : Self.small
            #expect(whole.allSatisfy { allowed.contains(String($0.dropFirst(5))) }, "\(plan.sql)\n\(whole)")
        }
    }

    /// Tables of a row or two, and what a person has still to hear.
    private static let small: Set<String> = ["newest_time", "newest_timestamp", "anchor_untold"]

    private static func nothing(for sql: String) -> StatementArguments {
        StatementArguments(Array(repeating: nil as Int?, count: sql.count(where: { $0 == "?" })))
    }

    /// What the writer's connection was given, once each.
    private final class Statements: Sendable {
        private let found = Mutex<Set<String>>([])

        func add(_ sql: String) {
            // Not what triggers do, which SQLite tells as comments, nor what begins and ends transactions.
            guard ["SELECT", "UPDATE", "INSERT", "DELETE"].contains(where: sql.hasPrefix) else { return }
            found.withLock { _ = $0.insert(sql) }
        }

        var all: [String] { found.withLock { $0.sorted() } }
    }
}
