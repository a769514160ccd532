import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

extension ReceptionRoutes {
    /// The sitting's page, to which a sitting's link leads. It was journalled with that link; each of its documents has an address that
    /// journals the opening of that document and then leads to it.
    func sittingPage(_ request: Request, _ token: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await link(token, .fetch, at: now)
        guard context.link.target == .sitting, let convocation = context.link.convocation else { throw Refusal.notFound }
        let language = PageLanguage.of(request, member: context.member)
        let wording = Wording(language: language, zone: settings.timeZone)
        let fields = SittingFields.of(context.sitting, wording) { document in
            var fields = DocumentFields.of(document, wording)
            let path = "/s/\(token)/\(Self.mark(of: document))"
            // Where every receipt is a press of a button, the buttons are on the page already: one press, not two.
            let isButton = settings.policy == .confirm
            fields["link"] = .optional(isButton ? nil : ["url": .text(path)])
            fields["button"] = .optional(
                isButton
                    ? [
                        "url": .text(path),
                        "form": .text(formToken(visit(context, convocation, document, token, at: now))),
                    ] : nil)
            return fields
        }
        let more: [String: TemplateValue] = [
            "member": .text(context.member?.entry.fullName ?? ""), "replacement": try await replacement(of: context.sitting, wording),
        ]
        return try pages.page("page/sitting.html", language, fields.merging(more) { $1 })
    }

    func openDocument(_ request: Request, _ token: some StringProtocol, _ mark: some StringProtocol) async throws -> Response {
        try await answer(try await documentVisit(token, mark), request)
    }

    func confirmDocument(_ request: Request, _ token: some StringProtocol, _ mark: some StringProtocol) async throws -> Response {
        try await confirm(try await documentVisit(token, mark), request)
    }

    private func documentVisit(_ token: some StringProtocol, _ mark: some StringProtocol) async throws -> Visit {
        let now = clock.now()
        let context = try await link(token, .fetch, at: now)
        guard context.link.target == .sitting, let convocation = context.link.convocation,
            let document = Self.document(marked: mark, in: context.sitting)
        else { throw Refusal.notFound }
        return visit(context, convocation, document, token, at: now)
    }

    /// The token that opened the page opens its documents too: all end at the same time.
    private func visit(
        _ context: LinkContext, _ convocation: ConvocationID, _ document: Document, _ token: some StringProtocol, at now: Date
    ) -> Visit {
        let address = "/d/\(token)/\(Self.mark(of: document))/\(DocumentName.pathComponent(document.fileName))"
        return Visit(context: context, convocation: convocation, document: document, fromSittingPage: true, address: address, at: now)
    }
}

/// A sitting as pages tell it.
enum SittingFields {
    typealias Fields = [String: TemplateValue]

    static let schema: [String: TemplateField] = {
        let document = DocumentFields.schema
        return [
            "hasNotes": .flag, "hasItems": .flag, "hasOthers": .flag,
            "title": .text, "body": .text, "when": ReceptionTemplates.moment, "place": ReceptionTemplates.optionalText,
            "video": .list(["url": .text]), "urgency": ReceptionTemplates.optionalText, "isCancelled": .flag,
            "notes": .list(document),
            "items": .list(["number": .text, "title": .text, "hasDocuments": .flag, "documents": .list(document)]),
            "others": .list(document),
        ]
    }()

    static func of(_ sitting: Sitting, _ wording: Wording, document fields: (Document) -> Fields) -> Fields {
        let draft = sitting.draft
        let numbers = Set(draft.agenda.map(\.number))
        let notes = draft.documents.filter { $0.role == .note }
        let others = draft.documents.filter { document in document.role != .note && !(document.item.map(numbers.contains) ?? false) }
        let items: [Fields] = draft.agenda.map { item in
            let documents = draft.documents.filter { $0.item == item.number && $0.role != .note }
            return [
                "number": .text(String(item.number)), "title": .text(item.title), "hasDocuments": .flag(!documents.isEmpty),
                "documents": .list(documents.map(fields)),
            ]
        }
        return [
            "hasNotes": .flag(!notes.isEmpty),
            "hasItems": .flag(!items.isEmpty),
            "hasOthers": .flag(!others.isEmpty),
            "title": .text(draft.title),
            "body": .text(draft.bodyName),
            "when": wording.moment(draft.when),
            "place": .optionalText(draft.place),
            "video": .optional(draft.videoLink.flatMap(webAddress).map { ["url": .text($0)] }),
            "urgency": .optionalText(draft.urgencyReason),
            "isCancelled": .flag(sitting.state == .cancelled),
            "notes": .list(notes.map(fields)),
            "items": .list(items),
            "others": .list(others.map(fields)),
        ]
    }

    /// Only what a browser can follow without running anything.
    private static func webAddress(_ text: String) -> String? {
        let lower = text.lowercased()
        return lower.hasPrefix("https://") || lower.hasPrefix("http://") ? text : nil
    }
}

enum DocumentFields {
    /// `link` leads to the document, `button` is a form that does; a page may have neither.
    static let schema: [String: TemplateField] = [
        "title": .text, "type": .text, "size": .text, "isAnnex": .flag,
        "link": .list(["url": .text]), "button": .list(["url": .text, "form": .text]),
    ]

    static func of(_ document: Document, _ wording: Wording) -> [String: TemplateValue] {
        let parts = document.fileName.split(separator: ".")
        return [
            "title": .text(document.title),
            "type": .text(parts.count > 1 ? String(parts[parts.count - 1].prefix(8)).uppercased() : ""),
            "size": .text(wording.size(document.size)),
            "isAnnex": .flag(document.role == .annex),
            "link": .list([]),
            "button": .list([]),
        ]
    }
}
