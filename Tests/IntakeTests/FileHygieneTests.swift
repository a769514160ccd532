import Council
import Foundation
import Glibc
import Intake
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct FileHygieneTests {
    @Test func `a folder is left alone while files arrive, grow or get another name`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        let folder = world.drop[DropWorld.sitting]
        try world.put(DropWorld.sitting, ["01 Budget.pdf"])
        try await service.scanOnce()
        let changes: [() throws -> Void] = [
            { try world.put(DropWorld.sitting, ["02 Tarifs.pdf"]) },
            { try world.drop.write("%PDF-1.7\n", to: DropWorld.sitting + "/03 Plan.pdf") },
            { try world.drop.write("%PDF-1.7\nhalf", to: DropWorld.sitting + "/03 Plan.pdf") },
            { try world.drop.write(DropWorld.pdf("whole"), to: DropWorld.sitting + "/03 Plan.pdf") },
            {
                try FileManager.default.moveItem(
                    at: folder.appendingPathComponent("02 Tarifs.pdf"), to: folder.appendingPathComponent("02 Eau.pdf"))
            },
            { try FileManager.default.removeItem(at: folder.appendingPathComponent("03 Plan.pdf")) },
            { try FileManager.default.moveItem(at: folder, to: world.drop["2026-12-15 19h Conseil communautaire"]) },
        ]
        for change in changes {
            try change()
            world.pass(.seconds(20))
            try await service.scanOnce()
        }
        // Renamed, it is the same folder, still since before: it may be taken at once, under its new name.
        try await world.settle(service)
        let sittings = try await world.storage.sittings()
        #expect(sittings.map(\.id.rawValue) == ["2026-12-15-19h00-conseil"])
        #expect(sittings.first?.draft.documents.map(\.fileName) == ["01 Budget.pdf", "02 Eau.pdf"])
        #expect(sittings.first?.revision == 1)
    }

    @Test func `a file that is written in place without its size changing is noticed`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.put(DropWorld.sitting, ["01 Budget.pdf"])
        try await service.scanOnce()
        let path = world.drop[DropWorld.sitting + "/01 Budget.pdf"].path
        let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
        try Data(repeating: 0x20, count: size).write(to: URL(fileURLWithPath: path))
        // Its time set back, as copying programs do.
        #expect(utimes(path, [timeval(tv_sec: 1_700_000_000, tv_usec: 0), timeval(tv_sec: 1_700_000_000, tv_usec: 0)]) == 0)
        world.pass(.seconds(20))
        try await service.scanOnce()
        #expect(try world.names("") == [DropWorld.sitting])
    }

    @Test func `a file that is open for writing, or locked, is waited for, with the reason`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.put()
        let path = world.drop[DropWorld.sitting + "/01 Budget.pdf"].path
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        try #require(writer >= 0)
        try await world.settle(service)
        #expect(try world.names("") == [DropWorld.sitting])
        #expect(try world.text("En cours/rapport.html").contains("ouvert en écriture"))
        close(writer)

        let holder = open(path, O_RDONLY | O_CLOEXEC)
        try #require(holder >= 0 && flock(holder, LOCK_EX) == 0)
        try await service.scanOnce()
        #expect(try world.names("En cours") == [DropWorld.sitting])
        #expect(try world.text("En cours/rapport.html").contains("01 Budget.pdf"))
        #expect(try await world.storage.sittings().isEmpty && world.names("Rejetés") == [])
        close(holder)
        try await world.bringAll(service)
        #expect(try world.names("Traités") == [DropWorld.sitting])
        #expect(try await world.storage.sittings().count == 1)
        #expect(try world.text("En cours/rapport.html").contains("Rien n’attend"))
    }

    @Test func `a file renamed or written between the claim and the copy makes it start over`() async throws {
        let world = try DropWorld()
        let folder = world.drop["En cours/" + DropWorld.sitting]
        let times = Counter()
        let service = try world.service(afterStep: { step in
            guard step == .claimed else { return }
            times.add()
            try FileManager.default.moveItem(
                at: folder.appendingPathComponent("02 Tarifs.pdf"), to: folder.appendingPathComponent("03 Tarifs de l'eau.pdf"))
            try Data(DropWorld.pdf("other")).write(to: folder.appendingPathComponent("01 Budget.pdf"))
        })
        try world.put()
        try await world.settle(service)
        #expect(try world.names("En cours") == [DropWorld.sitting])
        #expect(try await world.storage.sittings().isEmpty)
        try await world.bringAll(service)
        let draft = try #require(try await world.storage.sittings().first?.draft)
        #expect(draft.documents.map(\.fileName) == ["00 Note.pdf", "01 Budget.pdf", "01.1 Annexe.pdf", "03 Tarifs de l'eau.pdf"])
        #expect(draft.documents[1].hash == Sample.hash(DropWorld.pdf("other")))
        #expect(times.count == 1)
    }

    @Test(arguments: [
        ("", "vide (0 octet)"), ("%PDF-1.7 and then the copy stopped", "PDF complet"), ("not a PDF at all %%EOF", "PDF complet"),
    ])
    func `an empty or damaged document is refused once it is still`(text: String, reason: String) async throws {
        let world = try DropWorld()
        try world.put(texts: ["03 Plan.pdf": text])
        try await world.settle(world.service())
        #expect(try await world.refusal().contains(reason))
        #expect(try world.text("Rejetés/\(DropWorld.sitting)/03 Plan.pdf") == text)
    }

    /// Made by qpdf, in each way of encryption that PDF has known.
    @Test(arguments: [
        ["40"], ["128", "--use-aes=n"], ["128", "--use-aes=y", "--cleartext-metadata"], ["256", "--force-R5"], ["256"],
        ["256", "--", "--object-streams=generate"], ["256", "--", "--linearize"],
    ])
    func `a PDF that opens with a password only is refused, one that is merely protected is taken`(way: [String]) async throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write(Self.wholePDF, to: "plain.pdf")
        let parts = way.split(separator: "--", omittingEmptySubsequences: false).map(Array.init)
        for (password, isTaken) in [("", true), ("secret", false), ("Été 2026 (§)", false)] {
            let made = folder["made.pdf"]
            let arguments =
                ["--allow-weak-crypto"] + (parts.count > 1 ? parts[1] : []) + ["--encrypt", password, "owner"] + parts[0]
                + ["--", plain.path, made.path]
            let result = try await aside { try Tool.run("qpdf", arguments) }
            try #require(result.status == 0, "\(result.errors)")
            let world = try DropWorld()
            try await world.loadRoll()
            try world.put()
            try world.drop.write([UInt8](Data(contentsOf: made)), to: DropWorld.sitting + "/03 Plan.pdf")
            try await world.settle(world.service())
            if isTaken {
                #expect(try world.names("Traités").contains(DropWorld.sitting), "\(way)")
            } else {
                let reason = try await world.refusal()
                #expect(reason.contains("03 Plan.pdf") && reason.contains("ne s’ouvre qu’avec un mot de passe"), "\(way): \(reason)")
            }
        }
    }

    /// One empty page.
    private static let wholePDF: [UInt8] = {
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        ]
        var text = "%PDF-1.7\n"
        var table = "0000000000 65535 f \n"
        for (number, object) in objects.enumerated() {
            let place = String(text.utf8.count)
            table += String(repeating: "0", count: 10 - place.count) + place + " 00000 n \n"
            text += "\(number + 1) 0 obj\n\(object)\nendobj\n"
        }
        let place = text.utf8.count
        text += "xref\n0 4\n\(table)trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n\(place)\n%%EOF\n"
        return Array(text.utf8)
    }()

    @Test func `a cut office document is refused, a whole one is taken`() async throws {
        let archive: [UInt8] =
            [0x50, 0x4B, 3, 4] + [UInt8](repeating: 7, count: 70_000) + [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)
        let world = try DropWorld()
        try world.put()
        try world.drop.write(archive, to: DropWorld.sitting + "/03 Plan.docx")
        try world.put("2026-12-16 18h Bureau", ["01 A.pdf"])
        try world.drop.write(Array(archive.prefix(60_000)), to: "2026-12-16 18h Bureau/02 Plan.docx")
        try await world.settle(world.service())
        #expect(try world.names("Traités") == [DropWorld.sitting] && world.names("Rejetés") == ["2026-12-16 18h Bureau"])
    }

    @Test func `a PDF of 300 MB passes without being held in memory`() async throws {
        let world = try DropWorld()
        try world.put()
        let path = world.drop[DropWorld.sitting + "/03 Plan.pdf"].path
        let file = open(path, O_RDWR | O_CREAT, 0o644)
        try #require(file >= 0)
        let size = 300 << 20
        #expect(ftruncate(file, off_t(size)) == 0)
        #expect(pwrite(file, "%PDF-1.7\n", 9, 0) == 9 && pwrite(file, "\n%%EOF\n", 7, off_t(size - 7)) == 7)
        close(file)
        let before = try memory("VmRSS")
        try await world.settle(world.service())
        let after = try memory("VmRSS")
        let document = try #require(try await world.storage.sittings().first?.draft.documents.last)
        #expect(document.size == Int64(size))
        let judge = try Tool.run("sha256sum", [world.drop["Traités/\(DropWorld.sitting)/03 Plan.pdf"].path])
        #expect(judge.text.hasPrefix(document.hash.hex))
        // Other tests run beside this one and take memory too; a file that is held whole would still show.
        #expect(after - before < 200_000, "\(before) kB before, \(after) kB after")
    }

    private func memory(_ field: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") } ?? ""
        return try #require(Int(line.filter(\.isNumber)))
    }

    @Test func `names of every kind become safe ones, and stay as they are in Traités`() async throws {
        let names = [
            "01 Re\u{301}gie de l'eau.pdf", "02 \"citation\".pdf", "03 a\nb.pdf", "04 ..x...pdf", "05 fdp.exe\u{202E}.pdf",
            "06 a\\b:c?.pdf",
            "07 日本 🎉 سلام.pdf", "08 <b>&amp;.pdf", "09 " + String(repeating: "x", count: 248) + ".pdf",
            "10 " + String(repeating: "é", count: 124) + ".pdf",
            "11 'quoted' $(rm -rf).pdf", "12 \u{7F}\u{1B}[31m.pdf",
        ]
        let world = try DropWorld()
        try world.put(DropWorld.sitting, names)
        try await world.settle(world.service())
        let documents = try #require(try await world.storage.sittings().first?.draft.documents)
        #expect(documents.count == names.count)
        #expect(documents.allSatisfy { isSafe($0.fileName) }, "\(documents.map(\.fileName))")
        #expect(Array((documents.first?.fileName ?? "").utf8) == Array("01 Régie de l'eau.pdf".utf8))
        #expect(
            documents.allSatisfy { !$0.title.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" } })
        for (document, name) in zip(documents, names) { #expect(document.hash == Sample.hash(DropWorld.pdf(name)), "\(name)") }
        let kept = try world.names("Traités/" + DropWorld.sitting).map { Array($0.utf8) }
        for name in names { #expect(kept.contains(Array(name.utf8)), "\(name)") }
        let report = try world.text("Traités/\(DropWorld.sitting)/rapport.html")
        #expect(!report.contains("<b>") && !report.contains("\u{202E}") && !report.contains("\u{1B}"))
        #expect(report.contains("‹U+202E›"))
    }

    @Test func `a name of an old encoding is refused, not guessed`() async throws {
        let world = try DropWorld()
        try world.put()
        let path = Array((world.drop[DropWorld.sitting].path + "/03 r").utf8) + [0xE9] + Array("gie.pdf".utf8) + [0]
        let file = path.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
            $0.baseAddress.map { open($0, O_WRONLY | O_CREAT, 0o644) } ?? -1
        }
        try #require(file >= 0)
        #expect(write(file, "%PDF-1.7 %%EOF", 14) == 14)
        close(file)
        try await world.settle(world.service())
        #expect(try await world.refusal().contains("03 régie.pdf"))
    }

    @Test func `symbolic links are refused and never followed`() async throws {
        let world = try DropWorld()
        let outside = try TemporaryFolder()
        try outside.write(DropWorld.pdf("secret"), to: "secret.pdf")
        try world.put()
        try FileManager.default.createSymbolicLink(
            atPath: world.drop[DropWorld.sitting + "/03 Plan.pdf"].path, withDestinationPath: outside["secret.pdf"].path)
        try FileManager.default.createSymbolicLink(
            atPath: world.drop["2026-12-16 18h Bureau"].path, withDestinationPath: outside.url.path)
        try await world.settle(world.service())
        #expect(try await world.storage.sittings().isEmpty)
        #expect(try world.names("Rejetés") == ["2026-11-24 09h05 2026-12-16 18h Bureau", DropWorld.sitting].sorted())
        #expect(try world.text("Rejetés/\(DropWorld.sitting)/rapport.html").contains("03 Plan.pdf"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.url.path) == ["secret.pdf"])
        #expect(!FileManager.default.fileExists(atPath: world.store.documents.url(of: Sample.hash(DropWorld.pdf("secret"))).path))
    }

    @Test func `sub-folders, pipes and sockets are refused`() async throws {
        let world = try DropWorld()
        try world.put()
        try world.drop.write(DropWorld.pdf("x"), to: DropWorld.sitting + "/Annexes/x.pdf")
        #expect(mkfifo(world.drop[DropWorld.sitting + "/04 tube.pdf"].path, 0o644) == 0)
        try await world.settle(world.service())
        let reason = try await world.refusal()
        #expect(reason.contains("Annexes") && reason.contains("04 tube.pdf"))
        #expect(FileManager.default.fileExists(atPath: world.drop["Rejetés/\(DropWorld.sitting)/Annexes/x.pdf"].path))
    }

    @Test func `what programs leave lying about is no document, and an unfinished download is waited for`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        let junk = [
            "Thumbs.db", ".DS_Store", "desktop.ini", "~$ Budget.docx", ".~lock.01 Budget.odt#", "._01 Budget.pdf", "02 Tarifs.pdf.part",
        ]
        try world.put(texts: Dictionary(uniqueKeysWithValues: junk.map { ($0, "x") }))
        try await world.bringAll(service)
        #expect(try world.names("") == [DropWorld.sitting])
        #expect(try world.text("En cours/rapport.html").contains("02 Tarifs.pdf.part"))
        try FileManager.default.removeItem(at: world.drop[DropWorld.sitting + "/02 Tarifs.pdf.part"])
        try await world.settle(service)
        #expect(try await world.storage.sittings().first?.draft.documents.count == 4)
        #expect(try world.names("Traités/" + DropWorld.sitting).count == 4 + 6 + 1)
    }

    @Test func `a clerk's own rapport html is never written over`() async throws {
        let world = try DropWorld()
        try world.put(texts: ["rapport.html": "<p>le mien</p>"])
        try await world.settle(world.service())
        #expect(try world.text("Rejetés/\(DropWorld.sitting)/rapport.html") == "<p>le mien</p>")
        #expect(try world.text("Rejetés/\(DropWorld.sitting)/rapport (2).html").contains("page web"))
    }
}

/// Counts across threads.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}
