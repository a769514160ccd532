import Council
import Foundation
import Glibc
import Intake
import Store
import TestSupport
import Testing

@Suite struct SittingDropTests {
    @Test func `a dropped folder becomes a sitting, and goes to Traités with its report`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(texts: ["seance.yml": "lieu: Salle des fêtes\nconfidentiel: [2]\n"])
        let service = try world.service()
        try await service.scanOnce()
        #expect(try world.names("") == [DropWorld.sitting], "taken at first sight")
        #expect(try await world.storage.sittings().isEmpty)
        try await world.settle(service)

        let sitting = try #require(try await world.storage.sittings().first)
        #expect(sitting.id.rawValue == "2026-12-15-18h30-conseil" && sitting.state == .draft && sitting.revision == 1)
        #expect(sitting.draft.place == "Salle des fêtes" && sitting.draft.deadline == instant("2026-12-10 00:00"))
        #expect(sitting.draft.documents.map(\.fileName) == ["00 Note.pdf", "01 Budget.pdf", "01.1 Annexe.pdf", "02 Tarifs.pdf"])
        #expect(sitting.draft.documents.map(\.confidential) == [false, false, false, true])
        for document in sitting.draft.documents {
            let bytes = DropWorld.pdf(document.fileName)
            #expect(document.hash == Sample.hash(bytes) && document.size == Int64(bytes.count))
            #expect(try Array(Data(contentsOf: world.store.documents.url(of: document.hash))) == bytes)
        }
        #expect(try await world.notices() == [.preview(sitting: sitting.id, revision: 1)])

        #expect(try world.names("") == [] && world.names("En cours") == [] && world.names("Rejetés") == [])
        #expect(try world.names("Traités") == [DropWorld.sitting])
        #expect(try world.names("Traités/" + DropWorld.sitting).count == 6)
        let report = try world.text("Traités/\(DropWorld.sitting)/rapport.html")
        for part in [
            "mardi 15 décembre 2026 à 18 h 30", "mercredi 9 décembre 2026", "Salle des fêtes", "Budget", "2 par courriel", "1 sur papier",
            "(confidentiel)",
        ] {
            #expect(report.contains(part), "\(part)")
        }
        #expect(report.contains(sitting.draft.documents[0].hash.hex))
        #expect(!report.contains("src=") && !report.contains("href=\"http"))
        #expect(try world.text("LISEZ-MOI.txt").contains("\r\n"))
        try await world.bringAll(service)
        #expect(try await world.storage.sittings().count == 1)
    }

    @Test func `ENVOYER approves at once, and only under that name`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        try world.put(texts: ["Envoyer.TXT": ""])
        try world.put("2026-12-16 9h Bureau", ["01 A.pdf"], texts: ["ENVOYER.txt.txt": ""])
        try await world.settle(world.service())
        let sittings = try await world.storage.sittings()
        #expect(sittings.map(\.state) == [.draft, .approved])
        #expect(try await world.storage.status(of: SittingID(rawValue: "2026-12-15-18h30-conseil")).count == 3)
        #expect(try world.text("Traités/\(DropWorld.sitting)/rapport.html").contains("ENVOYER.txt a été suivi"))
        #expect(try world.text("Traités/2026-12-16 9h Bureau/rapport.html").contains("nommé exactement ENVOYER.txt"))
    }

    @Test func `ENVOYER without anybody to convene leaves a draft and says so`() async throws {
        let world = try DropWorld()
        try world.put(texts: ["ENVOYER.txt": ""])
        try await world.settle(world.service())
        #expect(try await world.storage.sittings().map(\.state) == [.draft])
        #expect(try world.text("Traités/\(DropWorld.sitting)/rapport.html").contains("Rien n’est parti"))
    }

    @Test func `the same folder from a second clerk changes nothing and is told`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.put()
        try await world.settle(service)
        try world.put()
        try await world.settle(service)
        #expect(try await world.storage.sittings().map(\.revision) == [1])
        #expect(try await world.notices().count == 1)
        #expect(try world.names("Traités") == [DropWorld.sitting, DropWorld.sitting + " (2)"])
        #expect(try world.text("Traités/\(DropWorld.sitting) (2)/rapport.html").contains("Déjà reçu"))
        // The same under the name that Windows gives a copy.
        try world.put(DropWorld.sitting + " - Copie")
        try await world.settle(service)
        #expect(try await world.storage.sittings().map(\.revision) == [1])
    }

    @Test func `another content replaces the draft, and completes the sitting once convocations have left`() async throws {
        let world = try DropWorld()
        try await world.loadRoll()
        let service = try world.service()
        try world.put()
        try await world.settle(service)
        try world.put(DropWorld.sitting, ["00 Note.pdf", "01 Budget.pdf"])
        try await world.settle(service)
        let sitting = try #require(try await world.storage.sittings().first)
        #expect(sitting.revision == 2 && sitting.draft.documents.count == 2)
        #expect(try world.text("Traités/\(DropWorld.sitting) (2)/rapport.html").contains("remplace le précédent"))

        _ = try await world.storage.approve(sitting.id, revision: 2, by: "test", at: instant("2026-11-24 10:00"))
        try world.put()
        try await world.settle(service)
        #expect(try await world.storage.sittings().first?.draft.documents.count == 2)
        #expect(try world.names("Rejetés") == [])
        let report = try world.text("Traités/\(DropWorld.sitting) (3)/rapport.html")
        #expect(report.contains("déjà convoquée") && report.contains("Rien n’est parti"))
        #expect(try await world.notices().last == .previewAmendment(sitting: sitting.id, revision: 3))
        // The very same content as what has left is no conflict.
        try world.put(DropWorld.sitting, ["00 Note.pdf", "01 Budget.pdf"])
        try await world.settle(service)
        #expect(try world.names("Traités").count == 4)
    }

    @Test(arguments: [
        ("2026-12-15 18h30 Conseil municipal", ["01 A.pdf"], "Instances connues"),
        ("Conseil communautaire", ["01 A.pdf"], "2026-12-15 18h30"),
        ("2026-11-20 18h30 Bureau", ["01 A.pdf"], "déjà passée"),
        ("2026-11-27 18h30 Conseil communautaire", ["01 A.pdf"], "samedi 21 novembre"),
        ("2028-12-15 18h30 Bureau", ["01 A.pdf"], "l’année"), (DropWorld.sitting, ["Budget.pdf", "Tarifs.pdf"], "Budget.pdf, Tarifs.pdf"),
        (DropWorld.sitting, ["01 A.pdf", "1 B.pdf"], "01 A.pdf"), (DropWorld.sitting, ["01 A.pdf", "02 Document.lnk"], "raccourci"),
    ])
    func `a folder that can't be a sitting goes to Rejetés, whole, with its reason`(folder: String, names: [String], reason: String)
        async throws
    {
        let world = try DropWorld()
        try world.put(folder, names)
        try await world.settle(world.service())
        let told = try await world.refusal(folder)
        #expect(told.contains(reason), "\(told)")
        #expect(try world.names("Rejetés/" + folder) == (names + ["rapport.html"]).sorted())
        for name in names { #expect(try Array(Data(contentsOf: world.drop["Rejetés/\(folder)/\(name)"])) == DropWorld.pdf(name)) }
    }

    @Test func `too late names the last lawful moment and both ways out, and urgency is one`() async throws {
        let world = try DropWorld(now: "2026-12-10 00:00")
        let service = try world.service()
        try world.put()
        try await world.settle(service)
        let reason = try await world.refusal()
        #expect(reason.contains("mercredi 9 décembre 2026") && reason.contains("urgence:") && reason.contains("mercredi 16 décembre 2026"))
        // Corrected where it lies and moved back, with our report still in it.
        try world.drop.write("urgence: La digue a cédé dans la nuit.\n", to: "Rejetés/\(DropWorld.sitting)/seance.yml")
        try FileManager.default.moveItem(at: world.drop["Rejetés/" + DropWorld.sitting], to: world.drop[DropWorld.sitting])
        try await world.settle(service)
        let sitting = try #require(try await world.storage.sittings().first)
        #expect(sitting.draft.urgencyReason == "La digue a cédé dans la nuit." && sitting.draft.documents.count == 4)
        #expect(sitting.draft.deadline == instant("2026-12-14 00:00"))
    }

    @Test func `every fault of a folder is told at once`() async throws {
        let world = try DropWorld()
        try world.put(
            "2026-12-15 Conseil", ["01 A.pdf", "01 B.pdf"],
            texts: ["02 vide.pdf": "", "03 coupé.pdf": "%PDF-1.7 …", "seance.yml": "couleur: bleu"])
        try await world.settle(world.service())
        let reason = try await world.refusal("2026-12-15 Conseil")
        for part in ["02 vide.pdf", "03 coupé.pdf", "couleur", "01 A.pdf"] { #expect(reason.contains(part), "\(part)") }
    }

    @Test func `an empty or unnamed folder is being prepared; it is refused only after a while`() async throws {
        let world = try DropWorld()
        let service = try world.service()
        try world.put(DropWorld.sitting, [])
        try world.put("Nouveau dossier", ["01 A.pdf"])
        try await world.settle(service)
        #expect(try world.names("") == [DropWorld.sitting, "Nouveau dossier"])
        #expect(try world.text("En cours/rapport.html").contains("encore vide"))
        try world.put()
        try await world.settle(service)
        #expect(try await world.storage.sittings().count == 1)
        world.pass(.seconds(500))
        try await service.scanOnce()
        #expect(try world.names("Rejetés") == ["Nouveau dossier"])

        try world.put("2026-12-16 18h Bureau", [])
        try await world.settle(service)
        world.pass(.seconds(500))
        try await service.scanOnce()
        #expect(try world.text("Rejetés/2026-12-16 18h Bureau/rapport.html").contains("aucun document"))
    }

    @Test func `what is left lying at the top is refused with what to do`() async throws {
        let world = try DropWorld()
        try world.drop.write(DropWorld.pdf("x"), to: "01 Budget.pdf")
        try world.drop.write([0x50, 0x4B, 3, 4], to: "membres.xlsx")
        try world.drop.write("nom;x", to: "membres (1).csv")
        try world.drop.write("x", to: "Thumbs.db")
        try world.drop.write("x", to: "~$membres.xlsx")
        try await world.settle(world.service())
        #expect(try world.names("") == ["Thumbs.db", "~$membres.xlsx"])
        #expect(try world.names("Rejetés") == ["2026-11-24 09h05 01 Budget", "2026-11-24 09h05 membres", "2026-11-24 09h05 membres (1)"])
        #expect(try world.names("Rejetés/2026-11-24 09h05 membres") == ["membres.xlsx", "rapport.html"])
        #expect(try world.text("Rejetés/2026-11-24 09h05 membres/rapport.html").contains("CSV UTF-8"))
        #expect(try world.text("Rejetés/2026-11-24 09h05 membres (1)/rapport.html").contains("exactement membres.csv"))
    }

    @Test func `our folders are found under decomposed names, and a clerk's LISEZ-MOI is kept`() async throws {
        let world = try DropWorld()
        let nfd = "Traités".decomposedStringWithCanonicalMapping
        #expect(mkdir(world.drop.url.path + "/" + nfd, 0o775) == 0)
        try world.drop.write("mes notes", to: "LISEZ-MOI.txt")
        try world.put()
        try await world.settle(world.service())
        let top = try FileManager.default.contentsOfDirectory(atPath: world.drop.url.path).map { Array($0.utf8) }
        #expect(top.contains(Array(nfd.utf8)) && !top.contains(Array("Traités".utf8)))
        let kept = try FileManager.default.contentsOfDirectory(atPath: world.drop.url.path + "/" + nfd)
        #expect(kept.sorted() == [DropWorld.sitting, "LISEZ-MOI.txt"])
        #expect(try world.text("LISEZ-MOI.txt").contains("Une séance = un dossier"))
    }
}
