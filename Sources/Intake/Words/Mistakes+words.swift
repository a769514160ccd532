package import Council
package import Templating

extension Mistakes {
    /// Each mistake in words, with what to do, for a terminal.
    package func words(templates: TemplateSet, authority: Authority, language: Language = .french) throws -> [String] {
        let reports = Reports(templates: templates, authority: authority, language: language)
        return try list.map { mistake in
            let words = try reports.words(mistake)
            return [words.what, words.todo].filter { !$0.isEmpty }.joined(separator: " ")
        }
    }
}
