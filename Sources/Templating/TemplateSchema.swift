/// What a template may say: the names that its renderer promises to give, each with its kind.
///
/// `name` is the file's path inside a language's folder: `mail/convocation.html`. Its extension decides the rendering:
/// `.html` escapes HTML, everything else is plain text; of a `.subject` the surrounding white space is dropped.
package struct TemplateSchema: Sendable {
    package let name: String
    package let fields: [String: TemplateField]

    package init(_ name: String, _ fields: [String: TemplateField]) {
        self.name = name
        self.fields = fields
    }
}

package indirect enum TemplateField: Hashable, Sendable {
    /// `{{name}}`
    case text
    /// Markup that is ready to be shown: `{{{name}}}`, in `.html` only.
    case html
    /// `{{#name}}…{{/name}}` when true, `{{^name}}…{{/name}}` when false; the names in scope stay the same.
    case flag
    /// `{{#name}}…{{/name}}` once for each; its names are added to those around. `{{^name}}…{{/name}}` when empty.
    case list([String: TemplateField])
    /// `{{name.inner}}`, or `{{#name}}…{{/name}}` to add its names to those around.
    case object([String: TemplateField])
}

package indirect enum TemplateValue: Hashable, Sendable {
    case text(String)
    case html(TrustedHTML)
    case flag(Bool)
    case list([[String: TemplateValue]])
    case object([String: TemplateValue])
}

/// Markup that our own templates made, every value in it escaped: it may stand in a page as it is.
package struct TrustedHTML: Hashable, Sendable {
    package let markup: String

    /// Whoever calls this promises that nothing in `markup` came unescaped from outside.
    package init(trusting markup: String) { self.markup = markup }
}
