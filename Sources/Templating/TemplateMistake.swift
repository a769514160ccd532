/// Everything that is wrong with a folder of templates.
package struct TemplateErrors: Error, Hashable, Sendable, CustomStringConvertible {
    package let mistakes: [TemplateMistake]

    /// One line for each: `fr/mail/convocation.html:12: …`
    package var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

package struct TemplateMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case missingLanguageFolder
        case missingFile
        case unreadable(String)
        case notUTF8
        case emptyFile
        case declaredTwice
        case unclosedTag
        case emptyTag
        case badName(String)
        case unsupportedTag(String)
        case unknownName(String, known: [String])
        case wrongUse(String, advice: String)
        case unclosedSection(String)
        case strayClosing(String, open: String?)
        case missingPartial(String)
        case badPartial(String, advice: String)
        case recursivePartial(chain: [String])
    }

    /// Path from the templates folder: `fr/mail/convocation.html`.
    package let file: String
    /// From 1; nil: the file as a whole.
    package let line: Int?
    package let problem: Problem

    package var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(problem.words)" }
}

extension TemplateMistake.Problem {
    var words: String {
        switch self {
        case .missingLanguageFolder: "this language has no folder; create it, or copy the one that `appariteur init` writes"
        case .missingFile: "this template is missing; `appariteur init` in an empty folder writes one to copy"
        case .unreadable(let why): "can't be read: \(why)"
        case .notUTF8: "is not UTF-8; save it again with the encoding UTF-8"
        case .emptyFile: "is empty"
        case .declaredTwice: "two parts of the program claim this template"
        case .unclosedTag: "a tag opens with {{ and never closes with }} (three braces close with three)"
        case .emptyTag: "a tag has no name in it"
        case .badName(let name): "“\(name)” is not a name: letters, digits, _ and -, with dots between"
        case .unsupportedTag(let what): "\(what) can't be used here"
        case .unknownName(let name, let known): "unknown name “\(name)”; known here: \(known.joined(separator: ", "))"
        case .wrongUse(let name, let advice): "“\(name)” \(advice)"
        case .unclosedSection(let name): "{{#\(name)}} or {{^\(name)}} is never closed with {{/\(name)}}"
        case .strayClosing(let name, .some(let open)): "{{/\(name)}} closes nothing: “\(open)” is open here"
        case .strayClosing(let name, nil): "{{/\(name)}} closes nothing: no section is open here"
        case .missingPartial(let name): "the partial “\(name)” is not there"
        case .badPartial(let name, let advice): "the partial “\(name)” \(advice)"
        case .recursivePartial(let chain): "partials include each other without end: \(chain.joined(separator: " → "))"
        }
    }
}

/// Why a template can't be rendered with what it was given. A fault of the program, not of a template's author.
package enum TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    case noSuchTemplate(name: String, language: String)
    /// The schema promises a name that the context lacks. Paths read `documents[2].url`.
    case missing(String, template: String)
    /// The context gives a name that the schema doesn't know.
    case unexpected(String, template: String)
    case wrongKind(String, template: String)

    package var description: String {
        switch self {
        case .noSuchTemplate(let name, let language): "no template “\(name)” in language “\(language)”"
        case .missing(let path, let template): "\(template): the value of “\(path)” was not given"
        case .unexpected(let path, let template): "\(template): a value was given for “\(path)”, which its schema doesn't know"
        case .wrongKind(let path, let template): "\(template): the value of “\(path)” is of another kind than its schema says"
        }
    }
}
