import Council
import Demonstration
import Foundation
import TestSupport
import Testing

@Suite("The sitting that the demonstration drops")
struct SampleSittingTests {
    private let authority = SampleSitting.authority(timeZone: Sample.zone)

    @Test func `every document is a PDF that qpdf accepts and pdftotext reads, accents included`() throws {
        let folder = try TemporaryFolder()
        let sitting = SampleSitting(authority: authority, clock: .fixed(Sample.now))
        let documents = sitting.documents()
        #expect(documents.count == 12)
        for document in documents {
            let file = try folder.write(document.bytes, to: document.fileName)
            let check = try Tool.run("qpdf", ["--check", file.path])
            #expect(check.status == 0, "\(document.fileName): \(check.text)\(check.errors)")
            #expect(!check.text.contains("WARNING"), "\(check.text)")
            let text = try Tool.run("pdftotext", ["-layout", file.path, "-"])
            let title = String(document.fileName.drop { $0 != " " }.dropFirst().dropLast(4))
            #expect(text.text.contains(title), "\(document.fileName): \(text.text.prefix(200))")
            #expect(text.text.contains("Communauté de communes du Pays de Valmorée"))
            #expect(!text.text.contains("?"), "a character has no place in the encoding: \(text.text)")
            let info = try Tool.run("pdfinfo", [file.path])
            #expect(info.text.contains("Title:") && info.text.contains(title), "\(info.text)")
        }
    }

    @Test func `the budget has several pages and no word runs out of one`() throws {
        let folder = try TemporaryFolder()
        let documents = SampleSitting(authority: authority, clock: .fixed(Sample.now)).documents()
        let budget = try #require(documents.first { $0.fileName == "02 Budget primitif 2027.pdf" })
        let file = try folder.write(budget.bytes, to: "budget.pdf")
        #expect(try Tool.run("pdfinfo", [file.path]).text.contains("Pages:           2"))
        for document in documents {
            let file = try folder.write(document.bytes, to: "one.pdf")
            let boxes = try Tool.run("pdftotext", ["-bbox", file.path, "-"]).text
            for match in boxes.matches(of: #/xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)"/#) {
                let edges = [match.1, match.2, match.3, match.4].compactMap { Double($0) }
                #expect(edges[0] >= 60 && edges[2] <= 535 && edges[1] >= 30 && edges[3] <= 812, "\(document.fileName): \(match.0)")
            }
        }
    }

    @Test func `on any day of two years the sitting is a Tuesday or Thursday evening with five clear days`() throws {
        let start = CivilDate.init(of: Sample.now, in: Sample.zone)
        let council = try #require(authority.body(named: "Conseil communautaire"))
        for day in 0..<730 {
            let now = try #require(CivilDateTime(date: start.adding(days: day), hour: 23, minute: 59)).instant(in: Sample.zone)
            let sitting = SampleSitting(authority: authority, clock: .fixed(now))
            #expect([2, 4].contains(sitting.when.date.weekday))
            #expect(
                council.notice.judge(sittingOn: sitting.when.date, sentAt: now.addingTimeInterval(86_400), urgent: false, in: Sample.zone)
                    .isLawful)
            #expect(sitting.folderName == "\(sitting.when.date) 18h30 Conseil communautaire")
        }
    }

    @Test func `the roll has forty people as French Excel writes them`() throws {
        let folder = try TemporaryFolder()
        try SampleSitting(authority: authority, clock: .fixed(Sample.now)).writeRoll(to: folder.url)
        let bytes = try Data(contentsOf: folder["membres.csv"])
        #expect(String(data: bytes, encoding: .utf8) == nil, "Excel's CSV is Windows-1252")
        let text = try #require(String(data: bytes, encoding: .windowsCP1252))
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.count == 42 && lines[41].isEmpty)
        let people = lines[1...40].map { $0.components(separatedBy: ";") }
        #expect(people.allSatisfy { $0.count == 7 })
        #expect(Set(people.map { Spelling.folded($0[1] + $0[2]) }).count == 40)
        #expect(people.count { $0[5] == "papier" } == 2)
        #expect(people.count { $0[6] == "en" } == 1)
        for person in people where !person[3].isEmpty {
            let address = try EmailAddress(parsing: person[3])
            #expect(address.domain.hasSuffix(".example"))
        }
        #expect(people.count { $0[3].isEmpty } == 1)
        #expect(Set(people.map { $0[3] }).count == 40)
        #expect(text.contains("Thaddée") && text.contains("Nœuvéglise") && text.contains("Maïwenn"))
    }

    @Test func `the folder is dropped whole`() throws {
        let folder = try TemporaryFolder()
        let sitting = SampleSitting(authority: authority, clock: .fixed(Sample.now))
        let place = try sitting.writeFolder(to: folder.url)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(names.count == 13)
        #expect(names.contains("seance.yml") && names.contains("00 Note de synthèse.pdf"))
        for document in sitting.documents() {
            #expect(try Data(contentsOf: place.appendingPathComponent(document.fileName)) == Data(document.bytes))
        }
    }
}
