import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// Whose a convocation's entries are, what was decided of its sitting, and which of its receipts count.
struct ConvocationProofTests {
    private let fixture: ProofFixture
    private var storage: SQLiteStorage { fixture.base.data.storage }
    private let later = Sample.now.addingTimeInterval(7200)

    init() async throws { fixture = try await ProofFixture() }

    private func export(_ edition: Edition = .clerk, of subject: ProofSubject? = nil) async throws -> ExportedProof {
        try await fixture.exporter().export(subject ?? .convocation(fixture.convocation), for: edition)
    }

    private func codes(_ report: ProofReport) -> [String] {
        report.statements.filter { $0.standing == .warning }.compactMap { $0.json["code"]?.text }
    }

    /// The whole sitting's proof cut down to these entries, called one convocation's; of `closed` nothing is opened.
    /// Not `isNamed`: without the edition's name.
    private func forged(
        from archive: [UInt8], _ seqs: [UInt64], closed: [UInt64], _ subject: String, isNamed: Bool = true
    ) throws -> [UInt8] {
        let contents = try JSON(parsing: ProofFixture.bytes("proof.json", in: archive))
        let facts = (contents["facts"]?.items ?? []).filter { fact in seqs.contains { Int64($0) == fact["seq"]?.whole } }
        let sizes = Set(facts.compactMap { $0["checkpoint"]?.whole })
        let list = String(decoding: JSON.array(facts).canonical, as: UTF8.self)
        return try ProofFixture.altered(archive) { entry in
            let parts = entry.name.split(separator: "/")
            if entry.name == "proof.json" {
                let edition = isNamed ? "\"edition\":\"\(contents["edition"]?.text ?? "")\"," : ""
                return ArchiveEntry(entry.name, Array("{\(edition)\"facts\":\(list),\"subject\":\(subject),\"v\":1}".utf8))
            }
            if parts[0] == "facts", let seq = UInt64(parts[1]) {
                return seqs.contains(seq) && !(closed.contains(seq) && parts[2].hasPrefix("opening.")) ? entry : nil
            }
            return parts[0] != "checkpoints" || sizes.contains { String($0) == parts[1] } ? entry : nil
        }
    }

    @Test func `another person's receipt, closed and put among one's own, is refused, here and in the browser`() async throws {
        let other = try #require(try await storage.status(of: fixture.sitting.id).first { $0.id != fixture.convocation })
        _ = try await storage.record(
            Access(link: Sample.linkID(other.id, 0), at: later, grade: .person, signals: [], document: nil))
        fixture.base.clock.advance(100)
        try await fixture.base.publish()
        func seqs(_ id: ConvocationID) async throws -> [UInt64] {
            try await storage.journal(matching: JournalQuery(convocation: id)).map(\.seq)
        }
        let (own, strangers) = (try await seqs(fixture.convocation), try await seqs(other.id))
        let receipt = try #require(strangers.last)
        let mixed = (own.dropLast() + [receipt]).sorted()
        let subject = "{\"convocation\":\(fixture.convocation),\"kind\":\"convocation\"}"
        let whole = try await export(of: .sitting(fixture.sitting.id)).archive
        #expect(throws: ProofRefusal.closedEntry(receipt, .clerk)) {
            try ProofVerifier.verify(forged(from: whole, mixed, closed: [receipt], subject))
        }
        let page = try await VerifierPage.shown(forged(from: whole, mixed, closed: [receipt], subject))
        #expect(!page.isGood && page.text.contains("l’inscription \(receipt) est fermée"), "\(page.text)")
        // Opened, it names its own convocation.
        #expect(throws: ProofRefusal.otherSubject(receipt)) { try ProofVerifier.verify(forged(from: whole, mixed, closed: [], subject)) }

        // A citizen's can't tell, and says so; nor is it any particular convocation's.
        let citizens = try await export(.citizen, of: .sitting(fixture.sitting.id)).archive
        let unnamed = "{\"kind\":\"convocation\",\"sitting\":\"\(fixture.sitting.id)\"}"
        let sittings = try ProofVerifier.verify(try await export().archive).facts.filter { !$0.type.concernsMember }.map(\.seq)
        for subject in [unnamed, "{\"convocation\":9999,\"kind\":\"convocation\"}"] {
            let mixture = try forged(from: citizens, (sittings + mixed).sorted(), closed: [], subject)
            let report = try ProofVerifier.verify(mixture)
            #expect(report.statements.contains(.groupingClaimed), "\(subject)")
            let (french, english) = (ProofWords(.french).text(of: report), ProofWords(.english).text(of: report))
            #expect(
                french.contains(", selon qui a fait ce fichier.\n") && french.contains("seul qui a fait ce fichier le dit"), "\(french)")
            #expect(english.contains(", says whoever made this file.\n"), "\(english)")
            #expect(report.json["statements"]?.items?.contains { $0["code"]?.text == "grouping-claimed" } == true)
            let shown = try await VerifierPage.shown(mixture)
            #expect(shown.isGood && shown.text.contains("seul qui a fait ce fichier le dit"), "\(shown.text)")
        }
        // A clerk's edition names its convocation.
        #expect(throws: ProofRefusal.self) { try ProofVerifier.verify(forged(from: whole, own, closed: [], unnamed)) }
        let bare = try await VerifierPage.shown(forged(from: whole, own, closed: [], unnamed))
        #expect(!bare.isGood, "\(bare.text)")
    }

    @Test func `a file that names no edition, or leaves out the sitting's entries, is held to what exports have, here and in the browser`()
        async throws
    {
        let clerks = try await export().archive
        let facts = try ProofVerifier.verify(clerks).facts
        let (all, own) = (facts.map(\.seq), facts.filter(\.type.concernsMember).map(\.seq))
        let receipt = try #require(own.last)
        let subject = "{\"convocation\":\(fixture.convocation),\"kind\":\"convocation\"}"
        func check(_ archive: [UInt8], _ refusal: ProofRefusal, shown words: String) async throws {
            #expect(throws: refusal) { try ProofVerifier.verify(archive) }
            let page = try await VerifierPage.shown(archive)
            #expect(!page.isGood && page.text.contains(words), "\(page.text)")
        }
        let unnamed = try forged(from: clerks, all, closed: [receipt], subject, isNamed: false)
        try await check(unnamed, .closedEntry(receipt, .clerk), shown: "l’inscription \(receipt) est fermée")
        for isNamed in [true, false] {
            let bare = try forged(from: clerks, own, closed: [], subject, isNamed: isNamed)
            try await check(bare, .noSitting, shown: "l’approbation de la séance manque")
        }
        let whole = try forged(from: clerks, all, closed: [], subject, isNamed: false)
        #expect(try ProofVerifier.verify(whole).edition == nil)
        #expect(try await VerifierPage.shown(whole).isGood)
        let words = [ProofWords(.french), ProofWords(.english)].map { $0.refusal(.noSitting) }
        #expect(words[0].contains("l'approbation de sa séance") && words[1].contains("the approval of its sitting"))
    }

    @Test func `a receipt that is closed is said not to show whether it counts, here and in the browser`() async throws {
        let citizens = try await export(.citizen).archive
        let report = try ProofVerifier.verify(citizens)
        let receipts = report.facts.filter { $0.type == .receiptOpened }.map(\.seq)
        #expect(report.statements.filter { $0.standing == .warning } == [.receiptsClosed(receipts)] && receipts.count == 1)
        #expect(report.json["statements"]?.items?.contains { $0["code"]?.text == "receipts-closed" } == true)
        let page = try await VerifierPage.shown(citizens)
        #expect(page.isGood && page.text.contains("l’accusé de l’inscription \(receipts[0]) est fermé"), "\(page.text)")
        let words = [ProofWords(.french), ProofWords(.english)].flatMap { words in
            [[7], [7, 8]].map { words.statement(.receiptsClosed($0)) }
        }
        #expect(Set(words).count == 4 && words.allSatisfy { $0.contains("7") && $0.count > 100 })
        // The sitting's, with one that its maker closed.
        let whole = try await export(of: .sitting(fixture.sitting.id)).archive
        let all = try ProofVerifier.verify(whole).facts.map(\.seq)
        let subject = "{\"kind\":\"sitting\",\"sitting\":\"\(fixture.sitting.id)\"}"
        let withheld = try forged(from: whole, all, closed: receipts, subject)
        #expect(codes(try ProofVerifier.verify(withheld)).contains("receipts-closed"))
    }

    @Test func `a citizen's edition has no convocation's number, and a whole sitting's needs no grouping`() async throws {
        let archive = try await export(.citizen).archive
        let contents = String(decoding: try ProofFixture.bytes("proof.json", in: archive), as: UTF8.self)
        #expect(contents.contains("\"subject\":{\"kind\":\"convocation\",\"sitting\":\"\(fixture.sitting.id)\"}"), "\(contents)")
        let report = try ProofVerifier.verify(archive)
        #expect(report.subject == .unnamedConvocation(fixture.sitting.id) && report.statements.contains(.groupingClaimed))
        #expect(report.facts.filter { $0.opened != nil }.allSatisfy { $0.type == .documentReceived })
        #expect(
            ProofWords(.french).text(of: report).hasPrefix("Cette preuve tient : une convocation à la séance \(fixture.sitting.id), selon"))
        for subject in [ProofSubject.sitting(fixture.sitting.id), .document(fixture.documents[0].hash)] {
            let other = try ProofVerifier.verify(try await export(.citizen, of: subject).archive)
            #expect(!other.statements.contains(.groupingClaimed), "\(subject)")
        }
    }

    @Test func `with a convocation come the sitting's cancellation and what it does to a receipt`() async throws {
        #expect(try await export().warnings == [])
        _ = try await storage.cancel(fixture.sitting.id, by: "test", at: later)
        _ = try await storage.record(
            Access(
                link: Sample.linkID(fixture.convocation, 1), at: later.addingTimeInterval(60), grade: .confirmed, signals: [], document: nil
            ))
        fixture.base.clock.advance(100)
        try await fixture.base.publish()
        for edition in Edition.allCases {
            let proof = try await export(edition)
            let report = try ProofVerifier.verify(proof.archive)
            let cancelled = try #require(report.facts.first { $0.type == .sittingCancelled }, "\(edition)").seq
            #expect(report.facts.contains { $0.type == .sittingApproved })
            let receipts = report.facts.filter { $0.type == .receiptOpened || $0.type == .receiptConfirmed }.map(\.seq)
            try #require(receipts.count == 2)
            // The first one was given before.
            #expect(proof.warnings == [.receiptUncounted(receipts[1], .afterCancellation(cancelled))], "\(edition)")
            let told = report.statements.filter { if case .receiptUncounted = $0 { true } else { false } }
            #expect(told == [.receiptUncounted(receipts[1], .afterCancellation(cancelled))] && told[0].standing == .warning)
            let page = try await VerifierPage.shown(proof.archive)
            #expect(
                page.isGood && page.text.contains("l’accusé de l’inscription \(receipts[1]) ne compte pas : la séance était déjà annulée"),
                "\(page.text)")
            // In a citizen's it is closed, and can't show that it counts.
            #expect(page.text.contains("l’accusé de l’inscription \(receipts[0])") == (edition == .citizen))
        }
    }

    @Test func `a receipt through a letter's link is the letter's, and said so; one that was withdrawn, too`() async throws {
        let documents = try fixture.base.data.makeDocuments(4, confidential: [2])
        guard case .amended = try await storage.submit(Sample.draft(documents: documents), at: later) else {
            Issue.record("no amendment")
            return
        }
        _ = try await storage.approveAmendment(of: fixture.sitting.id, revision: nil, by: "test", at: later)
        let letter = try #require(try await storage.lettersToCompose(limit: 9).first { $0.convocation == fixture.convocation })
        try await storage.writeLetters(at: later)
        let read = later.addingTimeInterval(60)
        _ = try await storage.record(
            Access(link: Sample.links(of: letter)[0].id, at: read, grade: .person, signals: [], document: nil))
        #expect(try await storage.downgradeReceipts(of: fixture.convocation, since: .distantPast, signals: ["x"], at: read) == 2)
        fixture.base.clock.advance(100)
        try await fixture.base.publish()
        let proof = try await export()
        let report = try ProofVerifier.verify(proof.archive)
        let receipts = report.facts.filter { $0.type == .receiptOpened }
        let withdrawals = report.facts.filter { $0.type == .receiptDowngraded }.map(\.seq)
        try #require(receipts.count == 2 && withdrawals.count == 2)
        #expect(receipts[0].opened?["letter"] == nil && receipts[1].opened?["letter"]?.text == "supplement")
        let expected = [
            ProofReport.Statement.receiptUncounted(receipts[0].seq, .takenBack(withdrawals[0])),
            .receiptUncounted(receipts[1].seq, .letter("supplement")),
        ]
        #expect(report.statements.filter { if case .receiptUncounted = $0 { true } else { false } } == expected)
        #expect(
            proof.warnings == [
                .receiptUncounted(receipts[0].seq, .takenBack(withdrawals[0])), .receiptUncounted(receipts[1].seq, .letter("supplement")),
            ])
        // What the export also knows of entries that don't name the letter yet.
        #expect(try await storage.letterReceipts(among: report.facts.map(\.seq)) == [receipts[1].seq: .supplement])
        let words = ProofWords(.french).text(of: report)
        #expect(
            words.contains("par le lien d'un avis : additif") && words.contains("ne compte pas comme accusé de la convocation"), "\(words)")
        #expect(ProofWords(.english).fact(receipts[1]).contains("through a letter's link: supplement"))
        let page = try await VerifierPage.shown(proof.archive)
        #expect(page.isGood && page.text.contains("il vient du lien d’un avis envoyé après elle (additif)"), "\(page.text)")
        #expect(page.text.contains("l’inscription \(withdrawals[0]) le retire"))
        let state = try await storage.compareState(limit: 9)
        #expect(state.differences == [])
    }
}
