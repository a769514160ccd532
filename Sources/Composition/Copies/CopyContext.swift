import Council
import Foundation
import Store
import Templating

/// The values of `mail/copy.*`: those of the sitting, made once, and those of one reader. Only what the public may read goes through
/// here, and nothing by which somebody could take part: no confidential document nor what its title tells, no reason of an urgency, no video
/// link, no token.
struct CopyContext {
    private let shared: [String: TemplateValue]

    private static let documentFields: [String: TemplateField] = ["title": .text, "about": .text, "attached": .flag]

    static let fields: [String: TemplateField] = SittingWords.brief.merging(
        [
            "madam": .flag, "sir": .flag, "otherCivility": .flag, "civility": .text, "fullName": .text, "commune": .text,
            "isCancelled": .flag, "hasPlace": .flag, "place": .text, "hasAgenda": .flag, "hasNotes": .flag, "hasOthers": .flag,
            "agenda": .list([
                "number": .text, "title": .text, "isConfidential": .flag, "hasFiles": .flag, "documents": .list(documentFields),
            ]),
            "notes": .list(documentFields), "others": .list(documentFields), "hasAttached": .flag, "pageURL": .text,
            "clerkName": .text, "clerkAddress": .text, "hasSignatory": .flag, "signatoryOffice": .text, "signatoryName": .text,
        ]
    ) { $1 }

    static let subjectFields: [String: TemplateField] = SittingWords.brief.merging(["isCancelled": .flag]) { $1 }

    init(_ words: SittingWords, _ kind: CopyKind, settings: CompositionSettings) {
        let draft = words.sitting.draft
        let signatory = settings.signatory
        let attached = kind == .information ? Set(AttachmentPlan(draft, upTo: settings.attachUpTo).indexes) : []
        let rows = { (indexes: [Int]) in
            indexes.filter { !draft.documents[$0].confidential }.map { index -> [String: TemplateValue] in
                let document = draft.documents[index]
                return [
                    "title": .text(CleanText(document.title).line), "about": .text(FileWords.about(document, in: words.language)),
                    "attached": .flag(attached.contains(index)),
                ]
            }
        }
        let (notes, others) = (rows(words.notes), rows(words.others))
        shared = words.brief(authority: CleanText(settings.authority.name)).merging([
            "isCancelled": .flag(kind == .cancellation), "hasPlace": .flag(words.place != nil), "place": .text(words.place?.line ?? ""),
            "hasAgenda": .flag(!draft.agenda.isEmpty), "hasNotes": .flag(!notes.isEmpty), "hasOthers": .flag(!others.isEmpty),
            "agenda": .list(
                draft.agenda.map { item in
                    let isConfidential = draft.isConfidential(item)
                    let documents = rows(words.documents(of: item))
                    return [
                        "number": .text(String(item.number)), "title": .text(isConfidential ? "" : CleanText(item.title).line),
                        "isConfidential": .flag(isConfidential), "hasFiles": .flag(!documents.isEmpty), "documents": .list(documents),
                    ]
                }),
            "notes": .list(notes), "others": .list(others), "hasAttached": .flag(!attached.isEmpty),
            "pageURL": .text(settings.baseURL + words.sitting.id.publicPath(words.language)),
            "clerkName": .text(settings.clerk.name.line), "clerkAddress": .text(settings.clerk.address.description),
            "hasSignatory": .flag(signatory != nil), "signatoryOffice": .text(signatory?.office.line ?? ""),
            "signatoryName": .text(signatory?.name.line ?? ""),
        ]) { $1 }
    }

    func values(for reader: CopyEntry) -> [String: TemplateValue] {
        let entry = RollEntry(
            civility: reader.civility, familyName: reader.familyName, givenName: reader.givenName, email: reader.email, bodies: [],
            service: .electronic, language: reader.language)
        return shared.merging(Civility.values(of: entry)) { $1 }.merging(["commune": .text(CleanText(reader.commune).line)]) { $1 }
    }
}
