import Council
import Curl
import Demonstration
import Foundation
import TestSupport
import Testing

/// A convocation that comes back, from the relay's report to the clerk's alarm and the ledger's audit, by the real program.
@Suite(.serialized) struct ReturnedWayTests {
    @Test(.timeLimit(.minutes(15)))
    func `a convocation that comes back is told to the clerk, journalled, and stays right under an audit`() async throws {
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let next = try RudeServer { moment in
            if case .recipient = moment.step { [.reply("550 5.1.1 No such user here")] } else { nil }
        }
        defer { next.stop() }
        let house = try Gatehouse(
            relay: "{ host: 127.0.0.1, port: \(postfix.port), tls: starttls, caFile: \(postfix.caFile), heloName: gateway.test }")
        for name in ["new", "cur", "tmp"] {
            try FileManager.default.createDirectory(at: house.folder["retours/\(name)"], withIntermediateDirectories: true)
        }
        let plain = try String(contentsOf: house.configuration, encoding: .utf8)
        try house.folder.write(plain + "bounces: { maildir: retours, interval: 5s }\n", to: "appariteur.yml")
        let check = try house.command("check")
        try #require(check.status == 0, "\(check.text)\(check.errors)")
        try await house.start()

        let sample = SampleSitting(
            authority: SampleSitting.authority(timeZone: try #require(TimeZone(identifier: "Europe/Paris"))), clock: WallClock { Date() })
        try sample.writeRoll(to: house.depot)
        let members = try await house.eventually("the roll") {
            let rows = try house.json("members", "list")
            return rows.isEmpty ? nil : rows
        }
        let addresses = members.compactMap { ($0["entry"] as? [String: Any])?["email"] as? String }
        let lost = try #require(addresses.first)
        try postfix.route(lost, to: "smtp:[127.0.0.1]:\(next.port)")
        try sample.writeFolder(to: house.depot)
        let sitting = try await house.eventually("the sitting") { try house.json("sittings", "list").first?["id"] as? String }
        #expect(try house.command("sittings", "approve", sitting).status == 0)

        // What servers write back is delivered into the mailbox of returns.
        let report = try await house.eventually("a report") { try postfix.delivered().first { $0.sender.isEmpty } }
        #expect(report.recipient.hasPrefix("retours+") && report.recipient.hasSuffix("@valmoree.example"))
        try Data(report.file).write(to: house.folder["retours/new/1795507599.V1.relay"])
        let row = try await house.eventually("the convocation has failed") {
            try house.json("sittings", "status", sitting).first { $0["state"] as? String == "failed" }
        }
        #expect(
            row["email"] as? String == lost && row["bounceReason"] as? String == "addressUnknown" && row["bounceSigned"] as? Bool == true)
        _ = try await house.eventually("the alarm") {
            try postfix.delivered().first { message in
                message.recipient.hasPrefix("assemblees") && message.text.contains("No such user here")
            }
        }
        let table = try house.command("sittings", "status", sitting).text
        #expect(table.contains("revenue : cette adresse n’existe pas"), "\(table)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: house.folder["retours/cur"].path) == ["1795507599.V1.relay:2,S"])
        let proof = house.folder["preuve.asice"].path
        let convocation = try #require(row["id"] as? Int)
        #expect(house.stop() == 0, "\(house.log)")
        let audit = try house.command("ledger", "audit")
        #expect(audit.status == 0, "\(audit.text)\(audit.errors)")
        #expect(try house.command("proof", "export", "--convocation", "\(convocation)", "-o", proof).status == 0)
        let told = try Tool.run(try Gatehouse.program(), ["verify", proof], environment: ["LC_ALL": "C.UTF-8"])
        #expect(told.text.contains("convocation revenue : non remise"), "\(told.text)\(told.errors)")
    }
}
