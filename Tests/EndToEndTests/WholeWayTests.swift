import Council
import Curl
import Demonstration
import Foundation
import TestSupport
import Testing

/// One sitting from a dropped folder to a proof, on real parts: Postfix with TLS and an account, an OpenSSL timestamp
/// authority, a calendar that commits into a chain's node, and other people's tools for judges.
@Suite(.serialized) struct WholeWayTests {
    @Test(.timeLimit(.minutes(10)))
    func `a sitting goes from a dropped folder to members' mailboxes, receipts, an anchored register and proofs`() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let authority = try TimestampAuthority()
        let node = try ChainNode()
        let calendar = try TestCalendar(node: node)
        let house = try Gatehouse(
            relay: """
                { host: 127.0.0.1, port: \(postfix.submissionPort), tls: starttls, caFile: \(postfix.caFile), \
                user: \(Postfix.user), passwordFile: password, connections: 4, heloName: gateway.test }
                """,
            anchors: """
                { interval: 1s, timestampAuthorities: [ { name: essai, url: "\(authority.url())", caFile: \(authority.authorities.path) } ], \
                calendars: [ "\(calendar.url)" ] }
                """)
        try house.folder.write(Postfix.password + "\n", to: "password")
        try #require(try house.command("check").status == 0)
        try await house.start()

        // The clerk drops the roll, then the sitting.
        let sample = SampleSitting(
            authority: SampleSitting.authority(timeZone: try #require(TimeZone(identifier: "Europe/Paris"))), clock: WallClock { Date() })
        try sample.writeRoll(to: house.depot)
        let members = try await house.eventually("the roll") {
            let rows = try house.json("members", "list")
            return rows.isEmpty ? nil : rows
        }
        #expect(members.count == 40)
        try sample.writeFolder(to: house.depot)

        // The preview comes, and nothing else.
        let preview = try await postfix.delivered(count: 1, within: .seconds(60))
        #expect(preview.map(\.recipient) == ["assemblees@valmoree.example"])
        let persons = DemonstrationPersons(client: house.http)
        let shelf = MailShelf()
        func mail(_ message: DeliveredMessage) -> ReceivedMail {
            shelf.keep(sender: message.sender, recipients: [message.recipient], bytes: message.bytes, at: Date())
        }
        // A gateway looks into the clerk's message too: nothing happens.
        _ = try await persons.scan(mail(preview[0]))
        let sitting = try #require(try house.json("sittings", "list").first?["id"] as? String)
        #expect(try house.json("sittings", "list").first?["state"] as? String == "draft")
        let approval = try await persons.open(mail(preview[0]), where: { $0.url.contains("/suivi/") })
        #expect(approval.pressedButton)

        // 38 electronic members, each once; the relay's queue id is recorded.
        let delivered = try await postfix.delivered(count: 39, within: .seconds(90)).filter {
            $0.recipient.hasPrefix("assemblees") == false
        }
        #expect(Set(delivered.map(\.recipient)).count == 38 && delivered.count == 38)
        let status = try await house.eventually("all relayed") {
            let rows = try house.json("sittings", "status", sitting)
            return rows.filter { $0["state"] as? String == "relayed" }.count == 38 ? rows : nil
        }
        let reply = try #require(status.compactMap { $0["lastReply"] as? String }.first)
        let queueID = try #require(reply.split(separator: " ").last)
        #expect(postfix.log.contains(queueID))

        // Python's strict e-mail package reads them all.
        let texts = try JSONEncoder().encode(delivered.map(\.text))
        let judged = try Tool.judge("message.py", input: Array(texts))
        #expect(judged.status == 0, "\(judged.errors)")
        let verdicts = try #require(try JSONSerialization.jsonObject(with: Data(judged.output)) as? [[String: Any]])
        #expect(verdicts.count == 38 && verdicts.allSatisfy { ($0["defects"] as? [String])?.isEmpty == true })

        // Five members read; a person needs some seconds.
        try await Task.sleep(for: .seconds(6))
        for message in delivered.prefix(5) {
            let visit = try await persons.open(mail(message), where: { $0.url.contains("/r/") })
            #expect(visit.statuses == [303, 200] && visit.mediaType == "application/pdf", "\(visit)")
        }
        #expect(try house.json("receipts", sitting).count == 5)
        try await servedDocumentIsWhole(delivered[0], mail: mail(delivered[0]), house)

        try await register(house, authority: authority, calendar: calendar, node: node)
        try proofs(house, sitting: sitting, status: status, depot: sample, authority: authority)

        #expect(house.stop() == 0, "\(house.log)")
        #expect(try house.command("ledger", "audit").status == 0)
        #expect(!house.log.contains(Postfix.password))

        let table = try house.command("sittings", "status", sitting).text
        #expect(table.contains("papier à remettre") && table.contains("lien ouvert") && !table.contains("paperDue"), "\(table)")
        let cancelled = try house.command("sittings", "cancel", sitting).text
        #expect(cancelled.hasPrefix("Annulée.\n") && cancelled.contains("averties par courriel"), "\(cancelled)")
        let again = try house.command("sittings", "cancel", sitting)
        #expect(again.status == 0 && again.text.hasPrefix("Déjà annulée depuis le ") && again.text.contains("rien n'a changé"))
    }

    /// qpdf and pdftotext read what a member's link leads to.
    private func servedDocumentIsWhole(_ message: DeliveredMessage, mail: ReceivedMail, _ house: Gatehouse) async throws {
        let link = try #require(try DemonstrationPersons.links(in: mail).first { !$0.isHidden && $0.url.contains("/r/") })
        let headers = [
            HTTPClient.Header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            HTTPClient.Header("Accept-Language", "fr"), HTTPClient.Header("Sec-Fetch-Mode", "navigate"),
            HTTPClient.Header("Sec-Fetch-Dest", "document"),
        ]
        let redirect = try await house.http.get(link.url, headers: headers)
        #expect(redirect.status == 303)
        let location = try #require(redirect.header("Location"))
        let document = try await house.http.get(location.hasPrefix("http") ? location : house.base + location)
        let file = try house.folder.write(document.body, to: "served.pdf")
        #expect(try Tool.run("qpdf", ["--check", file.path]).status == 0)
        #expect(try Tool.run("pdftotext", [file.path, "-"]).text.contains("Valmorée"))
    }

    private func register(_ house: Gatehouse, authority: TimestampAuthority, calendar: TestCalendar, node: ChainNode) async throws {
        // The current checkpoint is anchored: stamped at once, in a block once one is mined.
        let anchors = house.ledger.appendingPathComponent("anchors")
        let size = try await house.eventually("anchors of the current checkpoint") {
            let note = try String(contentsOf: house.ledger.appendingPathComponent("checkpoint"), encoding: .utf8)
            let size = String(note.split(separator: "\n")[1])
            let folder = anchors.appendingPathComponent(size)
            return ["body.tsr", "body.ots"].allSatisfy { FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
                ? size : nil
        }
        let folder = anchors.appendingPathComponent(size)
        let stamped = try Tool.run(
            "openssl", ["ts", "-verify", "-data", "body", "-in", "body.tsr", "-CAfile", authority.authorities.path], folder: folder)
        #expect(stamped.status == 0, "\(stamped.errors)")

        let height = try calendar.mine()
        let bitcoin: [UInt8] = [0x05, 0x88, 0x96, 0x0D, 0x73, 0xD7, 0x19, 0x01]
        _ = try await house.eventually("the proof reaches a block", seconds: 90) {
            Array(try Data(contentsOf: folder.appendingPathComponent("body.ots"))).contains(bitcoin) ? true : nil
        }
        let ots = URL(fileURLWithPath: Tool.python).deletingLastPathComponent().appendingPathComponent("ots").path
        let verified = try Tool.run(ots, ["--btc-regtest", "--bitcoin-node", node.url, "verify", "body.ots", "-f", "body"], folder: folder)
        #expect(verified.status == 0 && verified.errors.contains("block \(height)"), "\(verified.errors)")

        // A tool of others reads the whole ledger; what is served is what lies there; nobody is named.
        let audited = try Tool.judge("tlog_audit.py", [house.ledger.path, "0", "20"])
        #expect(audited.status == 0, "\(audited.text)\(audited.errors)")
        for path in ["checkpoint", "vkey", "anchors/\(size)/body.ots"] {
            #expect(
                try await house.http.get("\(house.base)/ledger/\(path)").body
                    == Array(try Data(contentsOf: house.ledger.appendingPathComponent(path))))
        }
        let names = try house.json("members", "list").compactMap { ($0["entry"] as? [String: Any])?["familyName"] as? String }
        #expect(names.count == 40)
        for case let file as URL in try #require(FileManager.default.enumerator(at: house.ledger, includingPropertiesForKeys: nil)) {
            guard let bytes = try? Data(contentsOf: file) else { continue }
            for name in names { #expect(bytes.range(of: Data(name.utf8)) == nil, "\(name) in \(file.path)") }
        }
    }

    private func proofs(
        _ house: Gatehouse, sitting: String, status: [[String: Any]], depot: SampleSitting, authority: TimestampAuthority
    ) throws {
        let document = try house.folder.write(depot.documents()[1].bytes, to: "document.pdf")
        let other = try house.folder.write(depot.documents()[2].bytes, to: "other.pdf")
        let proof = house.folder["preuve.asice"].path
        // The documents bear the time of their making: the ones that were dropped are in Traités.
        let dropped = house.depot.appendingPathComponent("Traités/\(depot.folderName)/\(depot.documents()[1].fileName)").path
        _ = document
        let made = try house.command("proof", "export", "--document", dropped, "-o", proof)
        #expect(made.status == 0, "\(made.errors)")
        let key = try String(contentsOf: house.ledger.appendingPathComponent("vkey"), encoding: .utf8).trimmingCharacters(in: .newlines)
        func verify(_ arguments: String...) throws -> ToolResult { try Tool.run(try Gatehouse.program(), ["verify", proof] + arguments) }
        let good = try verify("--document", dropped, "--log-key", key, "--timestamp-ca", authority.authorities.path)
        #expect(good.status == 0, "\(good.errors)")
        #expect(try verify("--document", other.path).status == 1)
        #expect(try verify("--log-key", key.replacingOccurrences(of: "+", with: "x+")).status != 0)

        let acknowledged = try #require(try house.json("receipts", sitting).first?["id"] as? Int)
        let receipt = house.folder["recu.asice"].path
        #expect(try house.command("proof", "export", "--convocation", "\(acknowledged)", "-o", receipt).status == 0)
        let told = try Tool.run(try Gatehouse.program(), ["verify", receipt, "--log-key", key])
        #expect(told.status == 0, "\(told.errors)")
    }
}

extension Array where Element == UInt8 {
    fileprivate func contains(_ part: [UInt8]) -> Bool { Data(self).range(of: Data(part)) != nil }
}
