import Council
import Demonstration
import Foundation
import Logging
import TestSupport
import Testing

/// Memory is measured on a process of its own.
struct BigFileTests {
    @Test(.timeLimit(.minutes(15)))
    func `a document of 200 MB goes into the store and out to a reader at flat memory`() async throws {
        let mailbox = try await EmbeddedMailbox.open(clock: WallClock { Date() }, logger: Logger(label: "mailbox"))
        defer { Task { try await mailbox.close() } }
        let house = try Gatehouse(relay: "{ host: 127.0.0.1, port: \(mailbox.port), tls: none }", policy: "direct")
        try await house.start()
        let sample = SampleSitting(
            authority: SampleSitting.authority(timeZone: try #require(TimeZone(identifier: "Europe/Paris"))), clock: WallClock { Date() })
        try house.folder.write("nom;prénom;courriel;instances\nLe Goff;Éloïse;e@valmoree.example;conseil\n", to: "depot/membres.csv")
        _ = try await house.eventually("the roll") { try house.json("members", "list").isEmpty ? nil : true }
        let before = try house.peak()

        let size = 200 << 20
        let document = try house.folder.write("%PDF-1.7\n", to: "aside/01 Plan.pdf")
        let file = try FileHandle(forUpdating: document)
        try file.truncate(atOffset: UInt64(size))
        try file.seek(toOffset: UInt64(size - 7))
        try file.write(contentsOf: Data("\n%%EOF\n".utf8))
        try file.close()
        try house.folder.write("", to: "aside/ENVOYER.txt")
        try FileManager.default.moveItem(at: house.folder["aside"], to: house.depot.appendingPathComponent(sample.folderName))

        let shelf = mailbox.shelf
        let mail = try await house.eventually("the convocation", seconds: 120) {
            shelf.all.last { $0.recipients == ["e@valmoree.example"] }
        }
        let link = try #require(try DemonstrationPersons.links(in: mail).first { !$0.isHidden && $0.url.contains("/r/") })
        let fetched = try Tool.run(
            "curl",
            [
                "-sSL", "-A", "Mozilla/5.0 (X11; Linux x86_64)", "-H", "Accept-Language: fr", "-o", house.folder["read.pdf"].path, "-w",
                "%{http_code}", link.url,
            ])
        #expect(fetched.text == "200")
        #expect(
            try Tool.run(
                "cmp", [house.folder["read.pdf"].path, house.depot.appendingPathComponent("Traités/\(sample.folderName)/01 Plan.pdf").path]
            ).status == 0)
        let after = try house.peak()
        #expect(after - before < 60_000, "\(before) kB before, \(after) kB after")
        #expect(house.stop() == 0)
    }
}
