import Store
package import Templating

/// The public pages' templates.
package enum RegisterTemplates {
    static let register = "page/register.html"
    static let sitting = "page/register-sitting.html"
    static let verify = "page/verify.html"
    static let verifyScript = "page/verify-script.html"
    static let missing = "page/register-missing.html"
    static let unavailable = "page/register-unavailable.html"

    private static let frame: [String: TemplateField] = [
        "authority": .text, "languageLink": .list(["url": .text]),
        "home": .text, "verifyURL": .text,
    ]

    /// A day and the hour within which something was.
    private static let hour = TemplateField.list(["day": .text, "from": .text, "to": .text])

    private static let optionalText = TemplateField.list(["text": .text])

    /// What every mention of a sitting can say.
    private static let sittingFields: [String: TemplateField] = [
        "url": .text, "name": .text, "body": .text, "bodyDiffers": .flag,
        "when": .text, "isoWhen": .text, "place": optionalText,
        "isCancelled": .flag, "isMoved": .flag, "isUrgent": .flag, "isPast": .flag,
        "convened": .text, "hasPaper": .flag, "onPaper": .text, "hasServedOnPaper": .flag, "servedOnPaper": .text, "served": .text,
        "acknowledged": .text,
        "convenedIsSingular": .flag, "servedIsSingular": .flag, "acknowledgedIsSingular": .flag,
        "documentCount": .text, "confidential": .list(["count": .text]),
        "documents": .list(documentFields),
    ]

    private static let documentFields: [String: TemplateField] = [
        "label": .text, "name": .text, "hash": .text, "leaf": .list(["index": .text]),
    ]

    private static let itemFields: [String: TemplateField] = ["number": .text, "name": .text, "isConfidential": .flag]

    private static let checkpointFields: [String: TemplateField] = [
        "size": .text, "root": .text, "hour": hour,
    ]

    private static let anchorFields: [String: TemplateField] = [
        "size": .text, "isSingle": .flag,
        "tokens": .list(["name": .text, "hour": hour]),
        "proofs": .list(["name": .text, "isConfirmed": .flag, "isSeen": .flag, "payment": .list(["transaction": .text])]),
        "files": .list(["name": .text, "url": .text]),
    ]

    /// One group for each kind of fact, under the name of its case.
    private static let entryFields: [String: TemplateField] = Dictionary(
        uniqueKeysWithValues: FactType.allCases.map { ("\($0)", .list(["count": .text, "indices": .text])) })

    package static let schemas: [TemplateSchema] = [
        TemplateSchema(
            register,
            frame.merging([
                "siren": .text, "baseURL": .text, "verifierKey": .text,
                "upcoming": .list(sittingFields), "past": .list(sittingFields),
                "checkpoint": .list(checkpointFields), "uncovered": .list(["count": .text]),
                "anchor": .list(anchorFields), "confirmed": .list(anchorFields),
            ]) { $1 }),
        TemplateSchema(
            sitting,
            frame.merging(sittingFields) { $1 }.merging([
                "agenda": .list(itemFields), "former": .list(documentFields), "hasFormer": .flag,
                "replacement": .list(["url": .text, "when": .text, "stands": .flag]),
                "changes": .list([
                    "day": .text, "place": .list(["text": .text, "former": optionalText]), "hasNewVideoLink": .flag, "hasNewTitle": .flag,
                    "items": .list(itemFields), "reworded": .list(itemFields),
                    "added": .list(["label": .text, "name": .text]), "replaced": .list(["label": .text, "name": .text]),
                ]),
                "checkpoint": .list(checkpointFields),
                "isCovered": .flag,
                "hasEntries": .flag,
                "entries": .object(entryFields),
                "anchor": .list(anchorFields.merging(["covers": .flag]) { $1 }),
            ]) { $1 }),
        TemplateSchema(
            verify,
            frame.merging([
                "script": .html,
                "value": .text,
                "isAsked": .flag, "isMalformed": .flag, "isUnknown": .flag, "isFound": .flag,
                "found": .list([
                    "name": .text, "label": .text, "sitting": .text, "when": .text, "url": .text, "isCancelled": .flag, "isReplaced": .flag,
                    "leaf": .list(["index": .text, "isCovered": .flag]),
                ]),
            ]) { $1 }),
        // Its text is a script: it stands in the page as it is, and its hash in the page's Content-Security-Policy.
        TemplateSchema(verifyScript, [:]),
        TemplateSchema(missing, frame),
        TemplateSchema(unavailable, frame),
    ]
}
