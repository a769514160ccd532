import Council
import Store
package import Templating

/// The templates that this stage renders, with the names that each may use.
package enum CompositionTemplates {
    package static let schemas: [TemplateSchema] =
        [
            TemplateSchema("mail/convocation.subject", SittingWords.brief),
            TemplateSchema("mail/convocation.txt", ConvocationContext.fields),
            TemplateSchema("mail/convocation.html", ConvocationContext.fields.merging(["honeypotURL": .text]) { $1 }),
        ] + mail("preview", PreviewContext.fields) + mail("alarm-late", LateContext.fields)
        + mail("alarm-undelivered", UndeliveredContext.fields)
        + mail("alarm-uncertain", UncertainContext.fields) + mail("alarm-unwarned", UnwarnedContext.fields)
        + mail("alarm-untold", UntoldContext.fields)
        + mail("alarm-rejected", RejectedContext.fields) + mail("alarm-relay", RelayContext.fields)
        + mail("alarm-clock", ClockContext.fields) + mail("alarm-refused", RefusedMailContext.fields)
        + letter(.cancellation)
        + letter(.reminder) + letter(.supplement) + letter(.changedPlace) + mail("preview-amendment", AmendmentContext.fields)
        + mail("summary", SummaryContext.fields)
        + [
            TemplateSchema("mail/copy.subject", CopyContext.subjectFields), TemplateSchema("mail/copy.txt", CopyContext.fields),
            TemplateSchema("mail/copy.html", CopyContext.fields),
        ] + [TemplateSchema("gallery/index.html", MailGallery.fields)]

    private static func letter(_ kind: LetterKind) -> [TemplateSchema] {
        let (name, fields) = ("mail/\(kind.rawValue)", LetterContext.fields(kind))
        return [
            TemplateSchema(name + ".subject", LetterContext.subjectFields(kind)), TemplateSchema(name + ".txt", fields),
            TemplateSchema(name + ".html", fields),
        ]
    }

    private static func mail(_ name: String, _ fields: [String: TemplateField]) -> [TemplateSchema] {
        ["subject", "txt", "html"].map { TemplateSchema("mail/\(name).\($0)", fields) }
    }
}

extension TemplateSet {
    func subject(_ name: String, _ language: String, _ values: [String: TemplateValue]) throws(TemplateError) -> CleanText {
        CleanText(try render(name + ".subject", language: language, values))
    }

    /// `<name>.txt` and `<name>.html`, from the same values.
    func text(_ name: String, _ language: Language, _ values: [String: TemplateValue]) throws(CompositionError) -> MessageText {
        do throws(TemplateError) {
            return MessageText(
                plain: try renderUTF8(name + ".txt", language: language.rawValue, values),
                html: try renderUTF8(name + ".html", language: language.rawValue, values))
        } catch {
            throw .template(error)
        }
    }
}
