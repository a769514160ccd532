import Templating
import TestSupport
import Testing

@Suite("The check of a templates folder")
struct CheckTests {
    let schema = TemplateSchema(
        "mail/a.html",
        ["title": .text, "urgent": .flag, "body": .html, "rows": .list(["url": .text]), "sitting": .object(["place": .text])])

    func mistakes(_ source: String, partials: [String: String] = [:]) throws -> [String] {
        var files = ["fr/mail/a.html": source]
        for (path, text) in partials { files["fr/" + path] = text }
        return try Templates(files).mistakes([schema])
    }

    @Test func `finds nothing in a good template`() throws {
        let good =
            "{{! a\ncomment }}{{title}}{{#rows}}{{url}}{{title}}{{/rows}}{{^rows}}-{{/rows}}{{sitting.place}}{{{body}}}{{#urgent}}!{{/urgent}}"
        #expect(try mistakes(good) == [])
    }

    @Test func `names every mistake with its file and line`() throws {
        let found = try mistakes("{{titel}}\n{{#rows}}\n{{ulr}}\n{{/rows}}\n{{#urgent}}\n{{sitting.plaice}}\n")
        #expect(
            found == [
                "fr/mail/a.html:1: unknown name “titel”; known here: body, rows, sitting, title, urgent",
                "fr/mail/a.html:3: unknown name “ulr”; known here: body, rows, sitting, title, urgent, url",
                "fr/mail/a.html:6: unknown name “sitting.plaice”; known here: place",
                "fr/mail/a.html:5: {{#urgent}} or {{^urgent}} is never closed with {{/urgent}}",
            ])
    }

    @Test(arguments: [
        ("{{title", "a tag opens"), ("{{{body}}", "a tag opens"), ("{{}}", "no name"), ("{{a b}}", "is not a name"),
        ("{{=<% %>=}}", "delimiters"), ("{{% CONTENT_TYPE: TEXT}}", "pragma"), ("{{upper(title)}}", "function"),
        ("{{<mail/b.html}}{{/mail/b.html}}", "inheritance"), ("{{$title}}{{/title}}", "inheritance"), ("{{>*title}}", "named by a value"),
        ("{{.}}", "lists hold groups"), ("{{{title}}}", "unescaped"), ("{{&title}}", "unescaped"), ("{{body}}", "ready markup"),
        ("{{urgent}}", "is a flag"), ("{{rows}}", "is a list"), ("{{sitting}}", "is a group"), ("{{#title}}x{{/title}}", "is text"),
        ("{{^sitting}}x{{/sitting}}", "would never show"), ("{{/rows}}", "no section is open"), ("{{title.x}}", "no names inside"),
        ("{{#urgent}}{{/rows}}{{/urgent}}", "“urgent” is open here"),
        ("{{#rows}}{{#urgent}}{{/rows}}", "{{#urgent}} or {{^urgent}} is never closed"),
        ("{{>mail/none.html}}", "is not there"), ("{{>../a.html}}", "inside the language's folder"),
        ("{{>/etc/passwd}}", "inside the language's folder"),
        ("{{>mail/a.html}}", "without end: mail/a.html → mail/a.html"), ("{{>part.txt}}", "another kind of text"), ("  \n", "is empty"),
    ])
    func `refuses`(source: String, complaint: String) throws {
        let found = try mistakes(source, partials: ["part.txt": "x"])
        #expect(found.contains { $0.contains(complaint) }, "\(source): \(found)")
    }

    @Test func `follows partials into each other, and names the chain that has no end`() throws {
        let found = try mistakes("{{>b.html}}", partials: ["b.html": "x\n{{>c.html}}", "c.html": "{{>b.html}}"])
        #expect(found == ["fr/c.html:1: partials include each other without end: mail/a.html → b.html → c.html → b.html"])
    }

    @Test func `judges a partial by the names where it stands, and reports a fault once`() throws {
        let found = try mistakes("{{#rows}}{{>b.html}}{{>b.html}}{{/rows}}{{>b.html}}", partials: ["b.html": "\n{{url}}{{ulr}}"])
        #expect(
            found == [
                "fr/b.html:2: unknown name “ulr”; known here: body, rows, sitting, title, urgent, url",
                "fr/b.html:2: unknown name “url”; known here: body, rows, sitting, title, urgent",
                "fr/b.html:2: unknown name “ulr”; known here: body, rows, sitting, title, urgent",
            ])
    }

    @Test func `finds what is missing in each language`() throws {
        let templates = try Templates(["fr/mail/a.html": "x"])
        #expect(
            templates.mistakes([schema], languages: ["fr", "en"]) == [
                "en: this language has no folder; create it, or copy the one that `appariteur init` writes"
            ])
        try templates.folder.write("x", to: "en/mail/b.html")
        #expect(templates.mistakes([schema], languages: ["fr", "en"]).map { $0.prefix(32) } == ["en/mail/a.html: this template is"])
    }

    @Test func `refuses bytes that are not UTF-8, in a template and in a partial`() throws {
        let templates = try Templates(["fr/mail/a.html": "{{>b.html}}"])
        try templates.folder.write([0xE9, 0x0A], to: "fr/b.html")
        #expect(templates.mistakes([schema]) == ["fr/b.html: is not UTF-8; save it again with the encoding UTF-8"])
        try templates.folder.write([0xE9, 0x0A], to: "fr/mail/a.html")
        #expect(templates.mistakes([schema]) == ["fr/mail/a.html: is not UTF-8; save it again with the encoding UTF-8"])
    }

    @Test func `refuses a template that two parts of the program claim`() throws {
        let templates = try Templates(["fr/mail/a.html": "x"])
        #expect(templates.mistakes([schema, schema]) == ["fr/mail/a.html: two parts of the program claim this template"])
    }

    @Test func `lists files that nothing reads, and keeps quiet about partials and hidden files`() throws {
        let templates = try Templates(["fr/mail/a.html": "{{>b.html}}", "fr/b.html": "b", "fr/mail/a.html~": "x", "fr/.DS_Store": "x"])
        #expect(try templates.load([schema]).unusedFiles == ["fr/mail/a.html~"])
    }
}
