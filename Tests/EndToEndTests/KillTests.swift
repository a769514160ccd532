import Council
import Curl
import Demonstration
import Foundation
import Logging
import TestSupport
import Testing

/// The real service killed at any moment, by signal 9: nothing that it answered is lost, nothing is doubled.
@Suite(.serialized) struct KillTests {
    @Test(.timeLimit(.minutes(10)))
    func `killed again and again while members click, it keeps every receipt that it answered, once`() async throws {
        let shelf = MailShelf()
        let mailbox = try await EmbeddedMailbox.open(shelf: shelf, clock: WallClock { Date() }, logger: .init(label: "mailbox"))
        defer { Task { try await mailbox.close() } }
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: \(mailbox.port), tls: none, connections: 4 }", policy: "direct")
        let sitting = try await convene(house)
        _ = try await house.eventually("all messages") { shelf.all.count >= 38 ? true : nil }
        let relayed = { try house.json("sittings", "status", sitting).filter { $0["state"] as? String == "relayed" }.count }
        _ = try await house.eventually("all recorded") { try relayed() == 38 ? true : nil }
        try await Task.sleep(for: .seconds(6))

        // Every visible link of every message, each pressed until its 303 came.
        let links = try shelf.all.filter { $0.recipients != ["assemblees@valmoree.example"] }
            .flatMap { mail in
                try DemonstrationPersons.links(in: mail).filter { !$0.isHidden && $0.url.contains("/r/") }.map(\.url).prefix(2)
            }
        #expect(links.count == 76)
        var answered: Set<String> = []
        var kills = 0
        var generator = SystemRandomNumberGenerator()
        while answered.count < links.count, kills < 60 {
            let waiting = links.filter { !answered.contains($0) }
            async let clicks = click(Array(waiting.prefix(12)))
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &generator)))
            house.kill()
            kills += 1
            answered.formUnion(await clicks)
            try await house.start()
        }
        answered.formUnion(await click(links.filter { !answered.contains($0) }))
        #expect(answered.count == links.count)
        #expect(house.stop() == 0)

        // The journal holds one receipt a link, no more, whatever was clicked twice because its answer was lost.
        let audit = try house.command("ledger", "audit", "--json")
        #expect(audit.status == 0, "\(audit.text)")
        let journal = try Tool.run(
            Tool.python,
            [
                "-c",
                """
                import json, sqlite3, sys
                db = sqlite3.connect(sys.argv[1])
                rows = [json.loads(r[0]) for r in db.execute("SELECT o.content FROM journal j JOIN opening o USING (seq) WHERE j.type = 'receipt.opened'")]
                print(len(rows), len({r["link"] for r in rows}))
                """, house.data.appendingPathComponent("appariteur.db").path,
            ])
        #expect(journal.text == "\(links.count) \(links.count)\n", "\(journal.errors)")
    }

    @Test(.timeLimit(.minutes(15)))
    func `killed while it sends, every member gets the message, and a second copy only where the journal says so`() async throws {
        let shelf = MailShelf()
        let mailbox = try await EmbeddedMailbox.open(shelf: shelf, clock: WallClock { Date() }, logger: .init(label: "mailbox"))
        defer { Task { try await mailbox.close() } }
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: \(mailbox.port), tls: none, connections: 2 }")
        var generator = SystemRandomNumberGenerator()
        let sitting = try await convene(house) {
            // From the approval on: killed ten times in quick succession.
            for _ in 0..<10 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...120, using: &generator)))
                house.kill()
                try await house.start()
            }
        }
        let rows = try await house.eventually("all relayed") {
            let rows = try house.json("sittings", "status", sitting)
            return rows.filter { $0["state"] as? String == "relayed" }.count == 38 ? rows : nil
        }
        #expect(rows.count == 40)
        #expect(house.stop() == 0)
        // Before Python opens the database: it would copy the log that the service left into the file, without our checksums.
        let audit = try house.command("ledger", "audit")
        #expect(audit.status == 0, "\(audit.text)\(audit.errors)")
        let copies = Dictionary(grouping: shelf.all.filter { $0.recipients != ["assemblees@valmoree.example"] }, by: { $0.recipients[0] })
        #expect(copies.count == 38)
        #expect(copies.values.allSatisfy { Set($0.map(\.bytes)).count == 1 }, "a repeat has the same bytes")
        let surplus = copies.values.map { $0.count - 1 }.reduce(0, +)
        let repeats = try Tool.run(
            Tool.python,
            [
                "-c",
                "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(\"SELECT count(*) FROM journal WHERE type = 'convocation.repeated'\").fetchone()[0])",
                house.data.appendingPathComponent("appariteur.db").path,
            ])
        let journalled = try #require(Int(repeats.text.trimmingCharacters(in: .newlines)))
        #expect(surplus <= journalled, "\(surplus) second copies, \(journalled) journalled")
    }

    @Test(.timeLimit(.minutes(15)))
    func `a database restored from an old backup stops the service before it forks the register`() async throws {
        let mailbox = try await EmbeddedMailbox.open(clock: WallClock { Date() }, logger: .init(label: "mailbox"))
        defer { Task { try await mailbox.close() } }
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: \(mailbox.port), tls: none }")
        try await house.start()
        try house.folder.write(roll, to: "depot/membres.csv")
        _ = try await house.eventually("first checkpoint") {
            FileManager.default.fileExists(atPath: house.ledger.appendingPathComponent("checkpoint").path) ? true : nil
        }
        #expect(house.stop() == 0)
        let database = house.data.appendingPathComponent("appariteur.db")
        let backup = try Data(contentsOf: database)

        try await house.start()
        try house.folder.write(roll + "M.;Nouveau;Nicolas;n@valmoree.example;conseil;;\n", to: "depot/membres.csv")
        _ = try await house.eventually("second entry") {
            try String(contentsOf: house.ledger.appendingPathComponent("checkpoint"), encoding: .utf8).contains("\n2\n") ? true : nil
        }
        #expect(house.stop() == 0)
        let published = try Data(contentsOf: house.ledger.appendingPathComponent("checkpoint"))

        try backup.write(to: database)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database.path + suffix) }
        let refused = try house.command("serve")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("point de contrôle publié") && refused.errors.contains("Reprenez"), "\(refused.errors)")
        #expect(try Data(contentsOf: house.ledger.appendingPathComponent("checkpoint")) == published)
    }

    private let roll = "civilité;nom;prénom;courriel;instances;mode;langue\nMme;Le Goff;Éloïse;e@valmoree.example;conseil;;\n"

    /// Starts, drops roll and sitting with ENVOYER.txt, answers the sitting once it is approved.
    private func convene(_ house: Gatehouse, whenApproved: () async throws -> Void = {}) async throws -> String {
        try await house.start()
        let zone = try #require(TimeZone(identifier: "Europe/Paris"))
        let sample = SampleSitting(authority: SampleSitting.authority(timeZone: zone), clock: WallClock { Date() })
        try sample.writeRoll(to: house.depot)
        _ = try await house.eventually("the roll") { try house.json("members", "list").count == 40 ? true : nil }
        // Made aside and renamed, so that ENVOYER.txt is there from the first moment.
        let made = try sample.writeFolder(to: house.folder["aside"])
        try Data().write(to: made.appendingPathComponent("ENVOYER.txt"))
        try FileManager.default.moveItem(at: made, to: house.depot.appendingPathComponent(sample.folderName))
        let sitting = try await house.eventually("the sitting") { try house.json("sittings", "list").first?["id"] as? String }
        _ = try await house.eventually("its approval") {
            try house.json("sittings", "list").first?["state"] as? String == "approved" ? true : nil
        }
        try await whenApproved()
        return sitting
    }

    /// Presses links at once; answers those whose redirect came.
    private func click(_ links: [String]) async -> Set<String> {
        await withTaskGroup(of: String?.self) { group in
            for link in links {
                group.addTask {
                    let headers = [
                        HTTPClient.Header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
                        HTTPClient.Header("Accept-Language", "fr"),
                    ]
                    // No answer is what a killed service gives.
                    return (try? await HTTPClient().get(link, headers: headers))?.status == 303 ? link : nil
                }
            }
            var answered: Set<String> = []
            for await link in group { if let link { answered.insert(link) } }
            return answered
        }
    }
}
