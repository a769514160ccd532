import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// What each edition of a proof opens, and that nothing else is in it in any form.
struct EditionTests {
    private let fixture: ProofFixture
    private let member: Member
    private let others: [Member]

    init() async throws {
        let fixture = try await ProofFixture.shared.value
        let convened = try await fixture.base.data.storage.status(of: fixture.sitting.id)
        let own = convened.first { $0.id == fixture.convocation }
        self.fixture = fixture
        member = try #require(own).member
        others = convened.filter { $0.id != fixture.convocation }.map(\.member)
    }

    private func export(_ subject: ProofSubject, _ edition: Edition) async throws -> [UInt8] {
        try await fixture.exporter(sealed: true).export(subject, for: edition).archive
    }

    /// A text in the forms in which it could lie in a file or its headers.
    private func forms(of text: String) -> [[UInt8]] {
        var forms: [[UInt8]] = []
        for text in [text.precomposedStringWithCanonicalMapping, text.decomposedStringWithCanonicalMapping] {
            for text in [text, text.lowercased(), text.uppercased()] {
                let bytes = Array(text.utf8)
                forms += [bytes, Array(bytes.map { String(format: "%02x", $0) }.joined().utf8)]
                forms.append(Array((text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text).utf8))
                forms.append(Array(bytes.flatMap { [$0, 0] }))
                // Base64 at each of the three alignments, without the ends that neighbours share.
                for shift in 0..<3 {
                    let encoded = Array(Data([UInt8](repeating: 0x20, count: shift) + bytes).base64EncodedString().utf8)
                    forms.append(Array(encoded.dropFirst(shift == 0 ? 0 : 4).dropLast(4)))
                }
            }
        }
        return forms.filter { $0.count >= 5 }
    }

    /// Which of these texts lie in the archive, in whatever form: contents, names, headers and directory alike.
    private func traces(of texts: [String], in archive: [UInt8]) -> [String] {
        let data = Data(archive)
        return texts.filter { text in forms(of: text).contains { data.range(of: Data($0)) != nil } }
    }

    private func personal(_ members: [Member]) -> [String] {
        members.flatMap { [$0.entry.familyName, $0.entry.fullName, $0.entry.email?.description ?? $0.entry.familyName] }
    }

    @Test func `the clerk's opens all, which shows that the search finds what is there`() async throws {
        let archive = try await export(.sitting(fixture.sitting.id), .clerk)
        let all = personal(others + [member])
        #expect(traces(of: all, in: archive) == all)
        let report = try ProofVerifier.verify(archive, key: fixture.key, authorities: fixture.roots())
        #expect(report.edition == .clerk && report.facts.allSatisfy { $0.opened != nil })
        // The other forms are found, too.
        let hidden = Array("x".utf8) + Array(Data("aElu0@Aurence.example.".utf8).base64EncodedString().utf8)
        #expect(traces(of: ["Elu0@Aurence.example"], in: hidden).count == 1)
    }

    @Test func `a member's opens the sitting's entries and that member's own, and has no trace of another member`() async throws {
        let archive = try await export(.convocation(fixture.convocation), .member)
        #expect(traces(of: personal(others), in: archive) == [])
        #expect(traces(of: personal([member]), in: archive) == personal([member]))
        let report = try ProofVerifier.verify(archive, key: fixture.key, authorities: fixture.roots())
        #expect(report.edition == .member && report.facts.allSatisfy { $0.opened != nil })
        let own = report.facts.filter(\.type.concernsMember)
        #expect(own.map(\.type) == [.convocationIssued, .convocationRelayed, .receiptOpened])
        #expect(own.allSatisfy { $0.opened?["convocation"]?.whole == fixture.convocation.rawValue })
        // Confidential documents too: members get them.
        #expect(
            report.facts.filter { !$0.type.concernsMember }.map(\.type)
                == [.documentReceived, .documentReceived, .documentReceived, .sittingReceived, .sittingApproved])
        // No entry of another member's is there even closed.
        let everyones = try await fixture.base.data.storage.journal(matching: JournalQuery(sitting: fixture.sitting.id)).map(\.seq)
        let mine = try await fixture.base.data.storage.journal(matching: JournalQuery(convocation: fixture.convocation)).map(\.seq)
        #expect(everyones.count > report.facts.count)
        #expect(Set(report.facts.filter(\.type.concernsMember).map(\.seq)) == Set(mine))
        for fact in own {
            let id = others.map { "\"id\":\($0.id.rawValue)," }
            let text = String(decoding: try ProofFixture.bytes("facts/\(fact.seq)/opening.json", in: archive), as: UTF8.self)
            #expect(!id.contains { text.contains($0) })
        }
        let readMe = String(decoding: try ProofFixture.bytes("LISEZMOI.txt", in: archive), as: UTF8.self)
        #expect(readMe.contains("C'est l'édition de l'élu"))
        #expect(ProofWords(.english).text(of: report).contains("It is the member's edition"))
        #expect(try JSON(parsing: report.json.canonical)["edition"]?.text == "member")
        let page = try await VerifierPage.shown(archive)
        #expect(page.isGood && page.text.contains("édition de l’élu"), "\(page.text)")
    }

    @Test func `a citizen's has nobody's name or address and no confidential document, in content, names or headers, and counts`()
        async throws
    {
        let secret = fixture.documents[2]
        for subject in [ProofSubject.sitting(fixture.sitting.id), .convocation(fixture.convocation), .document(fixture.documents[0].hash)] {
            let archive = try await export(subject, .citizen)
            #expect(traces(of: personal(others + [member]) + [secret.title, secret.fileName, secret.hash.hex], in: archive) == [])
            #expect(traces(of: ["Éloïse", "aurence.example>", "elu0", "250 2.0.0"], in: archive) == [])
            let report = try ProofVerifier.verify(archive)
            #expect(report.edition == .citizen)
            #expect(report.facts.allSatisfy { $0.opened == nil || $0.type == .documentReceived && $0.document != secret.hash })
        }
        let archive = try await export(.sitting(fixture.sitting.id), .citizen)
        let report = try ProofVerifier.verify(archive)
        let issued = report.facts.count { $0.type == .convocationIssued }
        #expect(issued == others.count + 1)
        let counts = report.statements.compactMap { if case .counted(let counts) = $0 { counts } else { nil } }
        #expect(counts.map { $0[.convocationIssued] } == [issued] && counts[0][.receiptOpened] == 1)
        #expect(ProofWords(.french).text(of: report).contains("\(issued) × convocation émise"))
        let page = try await VerifierPage.shown(archive)
        #expect(page.isGood && page.text.contains("édition du citoyen"), "\(page.text)")
        await #expect(throws: ProofExportError.confidential(secret.hash)) { try await export(.document(secret.hash), .citizen) }
        await #expect(throws: ProofExportError.noMemberNamed) { try await export(.sitting(fixture.sitting.id), .member) }
        // What the archive format says of its files beside their contents: nothing of the machine or the hour.
        let folder = try TemporaryFolder()
        let script = """
            import sys, zipfile
            for entry in zipfile.ZipFile(sys.argv[1]).infolist():
                assert not entry.extra and not entry.comment and entry.date_time == (1980, 1, 1, 0, 0, 0), entry
                assert entry.external_attr == 0 and entry.internal_attr == 0 and entry.create_system == 0, entry
            """
        let judged = try Tool.run(Tool.python, ["-c", script, folder.write(archive, to: "p.asice").path])
        #expect(judged.status == 0, "\(judged.errors)")
    }

    private func renamed(_ archive: [UInt8], _ old: String, _ new: String) throws -> [UInt8] {
        try ProofFixture.altered(archive, "proof.json") {
            Array(String(decoding: $0, as: UTF8.self).replacing("\"edition\":\"\(old)\"", with: new).utf8)
        }
    }

    @Test func `a file that opens more than its edition does, or another member's entry, is refused`() async throws {
        let clerks = try await fixture.exporter().export(.sitting(fixture.sitting.id)).archive
        let mine = try await fixture.base.data.storage.journal(matching: JournalQuery(convocation: fixture.convocation))
        let lastOwn = try #require(mine.last).seq
        let pretended = try renamed(clerks, "clerk", "\"edition\":\"citizen\"")
        guard case .beyondEdition(_, .citizen) = try #require(refusal(pretended)) else {
            Issue.record("accepted")
            return
        }
        let page = try await VerifierPage.shown(pretended)
        #expect(!page.isGood && page.text.contains("une édition du citoyen n’ouvre pas l’inscription"), "\(page.text)")
        // All of the sitting, called one member's.
        let everyones = try ProofFixture.altered(clerks, "proof.json") { bytes in
            let text = String(decoding: bytes, as: UTF8.self).replacing("\"edition\":\"clerk\"", with: "\"edition\":\"member\"")
            let subject = "\"subject\":{\"convocation\":\(fixture.convocation),\"kind\":\"convocation\"}"
            return Array(text.replacing("\"subject\":{\"kind\":\"sitting\",\"sitting\":\"\(fixture.sitting.id)\"}", with: subject).utf8)
        }
        guard case .otherSubject = try #require(refusal(everyones)) else {
            Issue.record("accepted")
            return
        }
        // The clerk's whole, called one member's.
        let whole = try renamed(clerks, "clerk", "\"edition\":\"member\"")
        guard case .malformed("proof.json", _) = try #require(refusal(whole)) else {
            Issue.record("accepted")
            return
        }
        let told = try await VerifierPage.shown(whole)
        #expect(!told.isGood && told.text.contains("porte sur une convocation"), "\(told.text)")
        // A member's, with an entry closed: it may be another's.
        let closed = try ProofFixture.altered(try await fixture.exporter().export(.convocation(fixture.convocation), for: .member).archive)
        {
            $0.name.hasPrefix("facts/\(lastOwn)/opening.") ? nil : $0
        }
        guard case .closedEntry(lastOwn, .member) = try #require(refusal(closed)) else {
            Issue.record("accepted")
            return
        }
        let unread = try await VerifierPage.shown(closed)
        #expect(!unread.isGood && unread.text.contains("l’inscription \(lastOwn) est fermée"), "\(unread.text)")
        // A clerk's has the sitting's entries, too.
        let members = try await fixture.exporter().export(.convocation(fixture.convocation), for: .member).archive
        #expect(refusal(try renamed(members, "member", "\"edition\":\"clerk\"")) == nil)
        guard case .malformed = try #require(refusal(try renamed(clerks, "clerk", "\"edition\":\"mayor\""))) else {
            Issue.record("accepted")
            return
        }
        // One from before there were editions says none, and holds.
        let older = try ProofFixture.altered(clerks, "proof.json") {
            Array(String(decoding: $0, as: UTF8.self).replacing("\"edition\":\"clerk\",", with: "").utf8)
        }
        #expect(try ProofVerifier.verify(older).edition == nil)
    }

    private func refusal(_ archive: [UInt8]) -> ProofRefusal? {
        do {
            _ = try ProofVerifier.verify(archive)
            return nil
        } catch {
            return error
        }
    }
}
