import Council
import Curl
import Demonstration
import Foundation
import MIME
import TestSupport
import Testing

/// A supplement, a changed place and a changed date, by the real program and a real relay, with a kill on the way.
@Suite(.serialized) struct LaterWayTests {
    private static let addedBytes = Array("%PDF-1.7\n% added later\n%%EOF\n".utf8)

    @Test(.timeLimit(.minutes(15)))
    func `what changes after the convocations is approved, told once, acknowledged, and right under an audit`() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let house = try Gatehouse(
            relay: "{ host: 127.0.0.1, port: \(postfix.port), tls: starttls, caFile: \(postfix.caFile), heloName: gateway.test }")
        try await house.start()
        let zone = try #require(TimeZone(identifier: "Europe/Paris"))
        let sample = SampleSitting(authority: SampleSitting.authority(timeZone: zone), clock: WallClock { Date() })
        try sample.writeRoll(to: house.depot)
        _ = try await house.eventually("the roll") { try house.json("members", "list").isEmpty ? nil : true }
        try Data("nom;prénom;courriel;commune\nAbgrall;Zoé;zoe.abgrall@agglo.example;Saint-Côme\n".utf8)
            .write(to: house.depot.appendingPathComponent("copies.csv"))
        _ = try await house.eventually("the copies") { try house.json("members", "list", "--copies").count == 1 ? true : nil }
        try sample.writeFolder(to: house.depot)
        let sitting = try await house.eventually("the sitting") { try house.json("sittings", "list").first?["id"] as? String }
        #expect(try house.command("sittings", "approve", sitting).status == 0)
        _ = try await house.eventually("all relayed", seconds: 90) {
            try house.json("sittings", "status", sitting).filter { $0["state"] as? String == "relayed" }.count == 38 ? true : nil
        }
        // Told, and not convened: one mail, which leads to the public page alone.
        let copy = try await house.eventually("the copy") {
            try members(postfix).first { subject($0).hasPrefix("Copie pour information") }
        }
        #expect(copy.recipient == "zoe.abgrall@agglo.example")
        #expect(try !DemonstrationPersons.links(in: mail(copy)).contains { $0.url.contains("/r/") })

        // A new document and another place, in a folder of the same name; killed as soon as it is approved.
        try drop(sample.folderName, ["09 Ajout.pdf"], "lieu: Gymnase, 3 rue des Sports\n", house)
        let approve = try await house.eventually("the preview") {
            try await clerkMail(postfix, "À approuver, changement", house).flatMap { link($0, house.base + "/suivi/") }
        }
        let page = try await house.http.get(approve)
        let form = try #require(
            page.text.firstRange(of: "name=\"form\" value=\"").map { page.text[$0.upperBound...].prefix { $0 != "\"" } })
        let answer = try await house.http.post(
            approve, headers: [HTTPClient.Header("Content-Type", "application/x-www-form-urlencoded")], body: Array("form=\(form)".utf8))
        #expect(answer.status == 200, "\(answer.text)")
        house.kill()
        try await house.start()
        let told = try await house.eventually("everybody is told", seconds: 90) {
            let rows = try house.json("sittings", "status", sitting).filter { $0["amendment"] as? String == "relayed" }
            return rows.count == 38 ? rows : nil
        }
        #expect(try house.command("sittings", "approve", sitting).text.contains("Déjà approuvée"))
        let letters = try await house.eventually("the letters") {
            let found = try members(postfix).filter {
                subject($0).contains("Changement de lieu") || subject($0).contains("Change of place")
            }
            return Set(found.map(\.recipient)).count == 38 ? found : nil
        }

        // Opened: a receipt of its own, not the convocation's.
        try await Task.sleep(for: .seconds(6))
        let letter = try #require(letters.first)
        let shelf = MailShelf()
        let persons = DemonstrationPersons(client: house.http)
        let kept = shelf.keep(sender: letter.sender, recipients: [letter.recipient], bytes: letter.bytes, at: Date())
        let visit = try await persons.open(kept, where: { $0.url.contains("/r/") })
        #expect(visit.statuses == [303, 200] && visit.mediaType == "application/pdf", "\(visit)")
        let reader = try #require(try house.json("sittings", "status", sitting).first { $0["email"] as? String == letter.recipient })
        #expect(reader["amendmentOpenedAt"] != nil && reader["receiptAt"] == nil && told.count == 38)

        // Another date: the new sitting's convocations say so, the old one ends, and nobody gets a cancellation.
        let day = sample.when.date.adding(days: 7)
        try drop(
            "\(day) 18h30 Conseil communautaire", ["01 Budget.pdf"], "lieu: Gymnase\nremplace: \(sample.folderName)\n", house, sends: true)
        _ = try await house.eventually("convened anew", seconds: 90) {
            let new = try house.json("sittings", "list").first { $0["id"] as? String != sitting }?["id"] as? String
            return try new.map { try house.json("sittings", "status", $0).filter { $0["state"] as? String == "relayed" }.count == 38 }
                == true
                ? true : nil
        }
        #expect(try house.json("sittings", "list").first { $0["id"] as? String == sitting }?["state"] as? String == "cancelled")
        let changed = try await house.eventually("the new convocations") {
            let found = try members(postfix).filter { subject($0).contains("Changement de date") || subject($0).contains("Changed date") }
            return Set(found.map(\.recipient)).count == 38 ? found : nil
        }
        _ = try await house.eventually("a copy of the new date") {
            try members(postfix).filter { $0.recipient == copy.recipient }.count == 2 ? true : nil
        }
        #expect(try !members(postfix).contains { subject($0).contains("annulée") || subject($0).contains("cancelled") })

        // Python's strict e-mail package reads what was new.
        let judged = try Tool.judge("message.py", input: Array(try JSONEncoder().encode((letters + changed).map(\.text))))
        let verdicts = try #require(try JSONSerialization.jsonObject(with: Data(judged.output)) as? [[String: Any]])
        #expect(verdicts.count >= 76 && verdicts.allSatisfy { ($0["defects"] as? [String])?.isEmpty == true })

        #expect(house.stop() == 0, "\(house.log)")
        let audit = try house.command("ledger", "audit")
        #expect(audit.status == 0, "\(audit.text)\(audit.errors)")
    }

    private func drop(_ name: String, _ files: [String], _ description: String, _ house: Gatehouse, sends: Bool = false) throws {
        let folder = house.depot.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in files { try Data(Self.addedBytes).write(to: folder.appendingPathComponent(file)) }
        try Data(description.utf8).write(to: folder.appendingPathComponent("seance.yml"))
        if sends { try Data().write(to: folder.appendingPathComponent("ENVOYER.txt")) }
    }

    private func members(_ postfix: Postfix) throws -> [DeliveredMessage] {
        try postfix.delivered().filter { !$0.recipient.hasPrefix("assemblees") }
    }

    private func mail(_ message: DeliveredMessage) -> ReceivedMail {
        MailShelf().keep(sender: message.sender, recipients: [message.recipient], bytes: message.bytes, at: Date())
    }

    private func subject(_ message: DeliveredMessage) -> String {
        EncodedWords.decode(MIMEPart(message.bytes, limit: message.bytes.count).first("subject") ?? "")
    }

    private func clerkMail(_ postfix: Postfix, _ words: String, _ house: Gatehouse) async throws -> ReceivedMail? {
        try postfix.delivered().first { $0.recipient.hasPrefix("assemblees") && subject($0).contains(words) }.map(mail)
    }

    private func link(_ mail: ReceivedMail, _ prefix: String) -> String? {
        // A mail without links has none to follow yet.
        (try? DemonstrationPersons.links(in: mail))?.first { $0.url.hasPrefix(prefix) }?.url
    }
}
