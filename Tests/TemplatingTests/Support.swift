import Foundation
import Templating
import TestSupport

/// A folder of templates written for one test.
struct Templates {
    let folder: TemporaryFolder

    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (path, text) in files { try folder.write(text, to: path) }
    }

    func load(_ schemas: [TemplateSchema], languages: [String] = ["fr"]) throws(TemplateErrors) -> TemplateSet {
        try TemplateSet(folder: folder.url, languages: languages, schemas: schemas)
    }

    /// What the check says, one line for each mistake; empty: none.
    func mistakes(_ schemas: [TemplateSchema], languages: [String] = ["fr"]) -> [String] {
        do throws(TemplateErrors) {
            _ = try load(schemas, languages: languages)
            return []
        } catch {
            return error.mistakes.map(\.description)
        }
    }
}

/// The rendering of one template that stands alone.
func render(
    _ source: String, as name: String = "a.txt", _ fields: [String: TemplateField], _ context: [String: TemplateValue],
    partials: [String: String] = [:]
) throws -> String {
    var files = ["fr/" + name: source]
    for (path, text) in partials { files["fr/" + path] = text }
    return try Templates(files).load([TemplateSchema(name, fields)]).render(name, language: "fr", context)
}
