import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("Every kind of message")
struct KindTests {
    private func preview() throws -> (KindPreview, CompositionSettings) {
        let settings = Fixture.settings(signatory: Signatory(office: "Le Président,", name: "Yann Le Bris"))
        let preview = KindPreview(
            settings: settings, templates: try Fixture.templates(), documents: Fixture.noDocuments, now: Fixture.now)
        return (preview, settings)
    }

    @Test("renders in every language, whatever the sitting has", arguments: MailKind.allCases, Language.allCases)
    func renders(_ kind: MailKind, _ language: Language) throws {
        let (preview, _) = try preview()
        let drafts = [
            try Fixture.draft(), try Fixture.draft(place: nil, agenda: [], documents: [], videoLink: nil),
            try Fixture.draft(place: nil, urgencyReason: "Rupture de la digue dans la nuit"),
        ]
        for draft in drafts {
            let mail = try preview.render(kind, of: Fixture.sitting(draft), in: language)
            expectWellFormed(mail.bytes)
            let judged = try Judge.message(mail.bytes)
            #expect(judged.defects == [] && judged.language == language.rawValue)
            #expect(judged.subject?.isEmpty == false && judged.types?.contains("text/plain") == true)
            #expect(mail.html.contains("<html lang=\"\(language.rawValue)\""))
            for text in [mail.text, mail.html] { #expect(!text.contains("{{") && !text.contains("}}")) }
            // It stands alone: no tag, no entity, nothing that only the other part says.
            #expect(!mail.text.contains("&nbsp;") && !mail.text.contains("</") && !mail.text.contains("<p"))
            #expect(mail.text.split(separator: "\n").count > 3)
            #expect(!mail.text.contains("\n\n\n\n"), "\(mail.text)")
        }
    }

    @Test func `the gallery shows them all, and its page names every file`() throws {
        let (preview, settings) = try preview()
        let gallery = MailGallery(preview, settings: settings, templates: try Fixture.templates())
        for language in Language.allCases {
            let files = try gallery.files(of: Fixture.sitting(try Fixture.draft()), members: [], page: language)
            #expect(files.count == MailKind.allCases.count * Language.allCases.count * 3 + 1)
            let page = String(decoding: try #require(files["index.html"]), as: UTF8.self)
            for name in files.keys where name.hasSuffix(".html") && name != "index.html" { #expect(page.contains("src=\"\(name)\"")) }
            for name in files.keys where name.hasSuffix(".eml") { #expect(page.contains("href=\"\(name)\"")) }
        }
    }
}
