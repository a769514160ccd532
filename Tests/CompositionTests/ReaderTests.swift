import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("A mail's readers")
struct ReaderTests {
    struct Verdict: Decodable {
        let faults: [String]
        let light: Double
        let dark: Double
        let texts: Int
    }

    func judge(_ html: String, _ language: Language) throws -> Verdict {
        let result = try Tool.judge("mail_page.py", [language.rawValue], input: Array(html.utf8))
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(Verdict.self, from: Data(result.output))
    }

    @Test(arguments: [Language.french, .english])
    func `who see badly, or hear it, read the convocation: contrast, headings, link texts, on light and dark`(language: Language) throws {
        let test = try TestStorage()
        let documents = try AttachmentTests().draft(test).documents
        let settings = Fixture.settings(signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"), attachUpTo: 100_000)
        let draft = try Fixture.draft(urgencyReason: "Rupture de la digue", documents: documents)
        let rendered = try Fixture.composer(settings, test.documents)
            .preview(of: Fixture.sitting(draft), for: Fixture.member(language: language), at: Fixture.now)
        let verdict = try judge(rendered.html, language)
        #expect(verdict.faults == [])
        #expect(verdict.light >= 4.5 && verdict.dark >= 4.5 && verdict.texts > 30)
        // The judge sees what is wrong.
        let pale = try judge(rendered.html.replacing("color:#46525e", with: "color:#9aa5b0"), language)
        #expect(!pale.faults.isEmpty)
        let dim = try judge(rendered.html.replacing(".sheet a { color: #9cc9f5", with: ".sheet a { color: #0b4f8a"), language)
        #expect(dim.dark < 4.5 && dim.light >= 4.5)
    }

    @Test(arguments: [Language.french, .english])
    func `among the clerks are served alike by every mail to them`(language: Language) async throws {
        let settings = Fixture.settings(clerkLanguage: language)
        let stage = try Stage(settings: settings)
        _ = try await stage.storage.replaceRoll(with: Sample.roll(10), source: Sample.hash("roll"), at: Fixture.now)
        let sitting = try await stage.storage.submit(try Fixture.draft(), at: Fixture.now).sitting
        try await stage.service.composePending()
        _ = try await stage.storage.approve(sitting.id, revision: nil, by: "test", at: Fixture.now)
        let convocations = try await stage.storage.status(of: sitting.id).map(\.id)
        try await stage.storage.post(.undelivered(sitting: sitting.id, convocations: convocations), at: Fixture.now)
        try await stage.storage.post(.rejected(name: "membres.csv", reason: "Ligne 3"), at: Fixture.now)
        try await stage.service.composePending()
        let notices = try await stage.queued().filter { $0.kind != .convocation }
        #expect(notices.count == 3)
        let root = "<s.\(sitting.id)@valmont.example>"
        for (notice, thread) in zip(notices, [("", root), (root, root), ("", "")]) {
            let judged = try Judge.message(notice.bytes)
            #expect(try judge(judged.html ?? "", language).faults == [], "\(judged.subject ?? "")")
            #expect((judged.inReplyTo ?? "", judged.references ?? "") == thread, "\(judged.subject ?? "")")
        }
    }

    @Test func `find all convocations of a sitting under one root, whatever the member`() async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting(members: 4)
        try await stage.service.composePending()
        let judged = try Judge.messages(try await stage.queued().map(\.bytes))
        #expect(Set(judged.map { $0.references ?? "" }) == ["<s.\(sitting.id)@valmont.example>"])
        #expect(judged.allSatisfy { $0.inReplyTo == "" && $0.autoSubmitted == "auto-generated" })
        #expect(judged.allSatisfy { $0.listID == "<convocations.valmont.example>" })
    }

    @Test(arguments: [Language.french, .english])
    func `behind SpamAssassin get the convocation`(language: Language) async throws {
        let signers = try SigningTests.signers()
        let bytes = try SigningTests.message(MessageSeal(dkim: signers), language: language)
        let folder = try TemporaryFolder()
        let result = try await aside {
            try Tool.run("spamassassin", ["-L", "-t"], input: bytes, environment: ["HOME": folder.url.path])
        }
        try #require(result.status == 0, "\(result.errors)")
        let score = try #require(result.text.firstMatch(of: /score=(-?[0-9.]+) required/))
        #expect(try #require(Double(score.1)) < 2, "\(result.text.components(separatedBy: "Content analysis details:").last ?? "")")
    }
}
