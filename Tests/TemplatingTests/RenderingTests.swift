import Templating
import TestSupport
import Testing

@Suite("Rendering")
struct RenderingTests {
    let person: [String: TemplateField] = ["name": .text, "present": .flag]

    @Test func `plain text is rendered as it is`() throws {
        #expect(
            try render("À {{name}} & Cie", ["name": .text], ["name": .text("L'Haÿ <les> \"Roses\"")]) == "À L'Haÿ <les> \"Roses\" & Cie")
    }

    @Test func `HTML escapes what could end a text or an attribute`() throws {
        let html = try render("<p title=\"{{name}}\">{{name}}</p>", as: "a.html", ["name": .text], ["name": .text("<a href='x'>&\"")])
        #expect(html == "<p title=\"&lt;a href=&#39;x&#39;&gt;&amp;&quot;\">&lt;a href=&#39;x&#39;&gt;&amp;&quot;</p>")
    }

    @Test(arguments: ["\u{301}", "\u{338}", "\u{200D}", "\u{FE0F}"])
    func `a quote with a combining mark is escaped too`(mark: String) throws {
        let html = try render("<p title=\"{{name}}\">", as: "a.html", ["name": .text], ["name": .text("\"\(mark) onclick=x")])
        #expect(Array(html.unicodeScalars).filter { $0 == "\"" }.count == 2)
        #expect(html.unicodeScalars.starts(with: "<p title=\"&quot;".unicodeScalars))
    }

    @Test func `ready markup stands in HTML unescaped`() throws {
        let templates = try Templates(["fr/a.html": "<b>{{name}}</b>", "fr/b.html": "<i>{{{inner}}}</i>"])
            .load([TemplateSchema("a.html", ["name": .text]), TemplateSchema("b.html", ["inner": .html])])
        let inner = try templates.renderHTML("a.html", language: "fr", ["name": .text("<")])
        #expect(try templates.render("b.html", language: "fr", ["inner": .html(inner)]) == "<i><b>&lt;</b></i>")
    }

    @Test func `lists, flags, groups and names from outside work together`() throws {
        let source = """
            {{#people}}
            - {{name}}{{#present}} (here, at {{place.town}}){{/present}}{{^present}} (away){{/present}}
            {{/people}}
            {{^people}}
            nobody
            {{/people}}
            {{#place}}
            {{town}}
            {{/place}}

            """
        let fields: [String: TemplateField] = ["people": .list(person), "place": .object(["town": .text])]
        let place = TemplateValue.object(["town": .text("Brest")])
        #expect(
            try render(
                source, fields,
                [
                    "people": .list([["name": .text("Ana"), "present": .flag(true)], ["name": .text("Bo"), "present": .flag(false)]]),
                    "place": place,
                ]) == "- Ana (here, at Brest)\n- Bo (away)\nBrest\n")
        #expect(try render(source, fields, ["people": .list([]), "place": place]) == "nobody\nBrest\n")
    }

    @Test func `an inner name hides the outer one`() throws {
        let fields: [String: TemplateField] = ["name": .text, "people": .list(["name": .text])]
        let context: [String: TemplateValue] = ["name": .text("outer"), "people": .list([["name": .text("inner")]])]
        #expect(try render("{{name}} {{#people}}{{name}}{{/people}}", fields, context) == "outer inner")
    }

    @Test func `a partial takes the names where it stands, and its line's indentation`() throws {
        let text = try render(
            "{{#people}}\n  {{> part/line.txt}}\n{{/people}}\n", ["people": .list(person)],
            ["people": .list([["name": .text("Ana"), "present": .flag(true)]])], partials: ["part/line.txt": "one {{name}}\ntwo\n"])
        #expect(text == "  one Ana\n  two\n")
    }

    @Test func `a subject has no white space around it`() throws {
        #expect(try render("\n Séance {{name}} \n", as: "a.subject", ["name": .text], ["name": .text("x")]) == "Séance x")
    }

    @Test func `Windows line ends and a byte order mark don't matter`() throws {
        #expect(try render("\u{FEFF}{{#present}}\r\nyes\r\n{{/present}}\r\n", ["present": .flag], ["present": .flag(true)]) == "yes\n")
    }

    @Test func `an authority's own folder goes before the one that ships`() throws {
        let own = try Templates(["fr/a.txt": "own"])
        let shipped = try Templates(["fr/a.txt": "shipped", "fr/b.txt": "shipped"])
        let templates = try TemplateSet(
            folders: [own.folder.url, shipped.folder.url], languages: ["fr"],
            schemas: [TemplateSchema("a.txt", [:]), TemplateSchema("b.txt", [:])])
        #expect(try templates.render("a.txt", language: "fr", [:]) == "own")
        #expect(try templates.render("b.txt", language: "fr", [:]) == "shipped")
    }
}

@Suite("A context that doesn't fit its schema")
struct ContextTests {
    let fields: [String: TemplateField] = ["title": .text, "rows": .list(["url": .text, "who": .object(["name": .text])])]
    let row: [String: TemplateValue] = ["url": .text("u"), "who": .object(["name": .text("n")])]

    func fault(_ context: [String: TemplateValue]) throws -> TemplateError? {
        let templates = try Templates(["fr/a.txt": "{{title}}"]).load([TemplateSchema("a.txt", fields)])
        do throws(TemplateError) {
            _ = try templates.render("a.txt", language: "fr", context)
            return nil
        } catch {
            return error
        }
    }

    @Test func `is accepted when it fits, even where the template uses only a part`() throws {
        #expect(try fault(["title": .text("t"), "rows": .list([row])]) == nil)
    }

    @Test func `is refused for a missing name, with its path`() throws {
        #expect(try fault(["rows": .list([])]) == .missing("title", template: "a.txt"))
        #expect(
            try fault(["title": .text("t"), "rows": .list([row, ["url": .text("u"), "who": .object([:])]])])
                == .missing("rows[1].who.name", template: "a.txt"))
    }

    @Test func `is refused for a name too many`() throws {
        #expect(try fault(["title": .text("t"), "rows": .list([]), "titel": .text("t")]) == .unexpected("titel", template: "a.txt"))
    }

    @Test func `is refused for a value of another kind`() throws {
        #expect(try fault(["title": .flag(true), "rows": .list([])]) == .wrongKind("title", template: "a.txt"))
    }

    @Test func `is refused when the template or the language is not there`() throws {
        let templates = try Templates(["fr/a.txt": "x"]).load([TemplateSchema("a.txt", [:])])
        #expect(throws: TemplateError.noSuchTemplate(name: "b.txt", language: "fr")) { try templates.render("b.txt", language: "fr", [:]) }
        #expect(throws: TemplateError.noSuchTemplate(name: "a.txt", language: "de")) { try templates.render("a.txt", language: "de", [:]) }
    }
}
