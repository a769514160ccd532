import Council
import DefaultFiles
import Foundation
import Intake
import Templating
import TestSupport
import Testing

@Suite struct WordsTests {
    private func fields(_ extra: [String: TemplateValue] = [:]) -> [String: TemplateValue] {
        ["name": .text("NOM"), "value": .text("VALEUR"), "count": .text("7"), "several": .flag(true)].merging(extra) { $1 }
    }

    @Test(arguments: ["fr", "en"])
    func `every mistake says what is wrong and what to do`(language: String) throws {
        let templates = try TemplateSet(folder: DefaultFiles.folder, schemas: IntakeTemplates.schemas)
        var seen: Set<String> = []
        for code in Mistake.Code.allCases {
            var context = Dictionary(uniqueKeysWithValues: Mistake.Code.allCases.map { ($0.rawValue, TemplateValue.list([])) })
            let given = fields([
                "other": .text("AUTRE"), "known": .text("CONNUS"), "atLine": .list([["line": .text("3")]]),
                "suggestion": .list([["near": .text("PROCHE")]]),
            ])
            context[code.rawValue] = .list([given])
            let text = try templates.render("report/mistake.txt", language: language, context)
            let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(lines.count == 2 && lines.allSatisfy { $0.count > 10 }, "\(code): \(lines)")
            #expect(seen.insert(text).inserted, "\(code) says the same as another")
        }
    }

    @Test(arguments: ["fr", "en"])
    func `every warning is one line`(language: String) throws {
        let templates = try TemplateSet(folder: DefaultFiles.folder, schemas: IntakeTemplates.schemas)
        for code in Warning.Code.allCases {
            var context = Dictionary(uniqueKeysWithValues: Warning.Code.allCases.map { ($0.rawValue, TemplateValue.list([])) })
            context[code.rawValue] = .list([fields()])
            let text = try templates.render("report/warning.txt", language: language, context)
            #expect(text.split(separator: "\n").count == 1 && text.count > 10, "\(code): \(text)")
        }
    }

    @Test(arguments: [Language.french, .english])
    func `reports are whole, accessible pages that need nothing from elsewhere`(language: Language) async throws {
        let world = try DropWorld()
        var settings = world.settings
        settings.language = language
        let service = try world.service(settings: settings)
        try world.drop.write(DropWorld.roll, to: "membres.csv")
        let description = """
            lieu: Salle <des> "fêtes"
            visio: https://v.example/x?a=1&b=2
            urgence: La digue a cédé cette nuit.
            confidentiel: [1]
            """
        try world.put(texts: ["seance.yml": description, "lettre.pdf": "%PDF-1.7 %%EOF"])
        try world.put("2026-12-16 18h Bureau", ["A & <B>.pdf"])
        try world.put("2026-12-17 18h Bureau", ["01 A.pdf", "02 B.pdf.part"])
        try world.drop.write("x;y", to: "membre.csv")
        try await world.settle(service)
        try world.drop.write(DropWorld.roll, to: "membres.csv")
        try await world.settle(service)
        let pages = try FileManager.default.subpathsOfDirectory(atPath: world.drop.url.path).filter { $0.hasSuffix(".html") }.sorted()
        #expect(pages.count == 6, "\(pages)")
        for page in pages {
            let judged = try Tool.judge("web_page.py", [language.rawValue], input: Array(Data(contentsOf: world.drop[page])))
            #expect(judged.status == 0, "\(page): \(judged.text) \(judged.errors)")
        }
    }

    @Test func `reports speak English where the clerks do`() async throws {
        let world = try DropWorld()
        var settings = world.settings
        settings.language = .english
        try world.put()
        try world.put("2026-12-15 18h30 Conseil municipal", ["01 A.pdf"])
        try await world.settle(world.service(settings: settings))
        #expect(try world.text("Traités/\(DropWorld.sitting)/rapport.html").contains("Tuesday 15 December 2026 at 18:30"))
        #expect(try world.text("Rejetés/2026-12-15 18h30 Conseil municipal/rapport.html").contains("Known bodies"))
        #expect(try world.text("LISEZ-MOI.txt").contains("One sitting = one folder"))
    }
}
