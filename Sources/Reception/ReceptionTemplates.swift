package import Templating

/// What each page of the reception may say.
package enum ReceptionTemplates {
    /// A day and an hour, each in the page's language.
    static let moment = TemplateField.object(["day": .text, "time": .text])
    static let optionalText = TemplateField.list(["text": .text])

    /// The frame's names; `contact` is the address that explanations end with.
    private static let frame: [String: TemplateField] = ["authority": .text, "languageLink": .list(["url": .text]), "contact": .text]
    private static let sitting: [String: TemplateField] = ["sitting": .text, "when": moment]

    private static func page(_ name: String, _ fields: [String: TemplateField]...) -> TemplateSchema {
        TemplateSchema("page/\(name).html", fields.reduce(frame) { $0.merging($1) { $1 } })
    }

    package static let schemas: [TemplateSchema] = member + clerk + refusals

    private static let refusals = [
        page("not-found"), page("link-expired"), page("link-revoked"), page("unavailable"), page("bad-form"), page("too-large"),
        page("method-refused"), page("empty"),
    ]

    private static let member = [
        page(
            "confirm", sitting,
            [
                "member": .text, "document": .list(DocumentFields.schema), "form": .text, "again": .flag, "isCancelled": .flag,
                "isChange": .flag, "replacement": replacement,
            ]),
        page("sitting", ["member": .text, "replacement": replacement], SittingFields.schema),
    ]

    private static let clerk = [
        page(
            "approve", SittingFields.schema,
            [
                "electronic": .text, "paper": .text, "hasPaper": .flag, "hasNobody": .flag, "documentCount": .text,
                "severalDocuments": .flag, "clearDays": .text,
                "severalDays": .flag,
                "lastDay": .text, "form": .text, "hasCopies": .flag, "copies": .text,
                "replaced": .list([
                    "when": moment, "isConvened": .flag, "hasItems": .flag, "items": .list(["title": .text]), "hasDocuments": .flag,
                    "documents": .list(["name": .text]),
                ]),
            ]),
        page(
            "approve-amendment", sitting,
            [
                "form": .text, "place": optionalText, "video": optionalText, "items": .list(["number": .text, "title": .text]),
                "added": .list(newDocument), "replaced": .list(newDocument), "urgency": optionalText, "told": .text,
                "toldIsSingular": .flag,
                "untold": .list(["name": .text]), "hasUntold": .flag, "isLate": .flag, "addsItems": .flag, "lastDay": .text,
                "isOver": .flag,
                "statusURL": .text,
            ]),
        page("amended", sitting, ["byMail": .text, "otherwise": .text, "hasOthers": .flag, "statusURL": .text]),
        page("approved", sitting, ["electronic": .text, "paper": .text, "statusURL": .text]),
        page("already-approved", sitting, ["approved": moment, "statusURL": .text]),
        page("too-late", sitting, ["lastDay": .text, "clearDays": .text, "severalDays": .flag, "isUrgent": .flag, "folder": .text]),
        page("not-replaceable", sitting, ["isOtherBody": .flag, "successor": optionalText, "folder": .text]),
        page("taken-back", sitting, ["statusURL": .text]),
        page("stale", sitting), page("clock-behind", sitting),
        page("cancel", sitting, ["form": .text, "isApproved": .flag, "isPast": .flag, "statusURL": .text]),
        page("cancelled", sitting, ["told": .list(["count": .text, "isSingular": .flag])]),
        page("follow", sitting, follow),
        page("paper", sitting, paper),
    ]

    /// The sitting that stands in a cancelled one's place, or did.
    static let replacement = TemplateField.list(["when": moment, "stands": .flag])

    private static let newDocument: [String: TemplateField] = ["title": .text, "size": .text]

    private static let follow: [String: TemplateField] = [
        "refresh": .list(["seconds": .text]), "pauseURL": .text, "now": moment, "isDraft": .flag, "isCancelled": .flag, "lastDay": .text,
        "replacement": replacement,
        "isTooLate": .flag, "held": .list(["at": moment, "isMove": .flag, "isOver": .flag]),
        "convened": .text, "served": .text, "acknowledged": .text, "waiting": .text, "paperDue": .text, "failed": .text, "hasFailed": .flag,
        "acknowledgedIsSingular": .flag, "convenedIsSingular": .flag, "servedIsSingular": .flag,
        "copies": .list(["total": .text, "relayed": .text, "waiting": .text, "failed": .text]),
        "lettersLost": .list(["count": .text, "isSingular": .flag]), "lettersOpen": .list(["count": .text]),
        "reminder": .list(["url": .text, "form": .text, "count": .text, "isSingular": .flag]),
        "rows": .list([
            "name": .text, "address": .text, "isPaper": .flag, "isWaiting": .flag, "isHeld": .flag,
            "resend": .list(["url": .text, "form": .text]), "isLate": .flag, "lostReminder": .flag, "isRelayed": .flag, "isFailed": .flag,
            "isUnsure": .flag,
            "isPaperDue": .flag,
            "isPaperServed": .flag, "isCancelled": .flag, "relayed": .list(["at": moment]), "isCorrected": .flag,
            "paper": .list(paperService), "reply": optionalText,
            "receipt": .list(["at": moment, "isConfirmed": .flag]), "isWithdrawn": .flag, "paperForm": .list(["url": .text]),
            "paperCorrection": .list(["url": .text]), "reminded": .list(["at": moment]),
            "cancellation": .list(letter), "amendment": .list(letter),
            "delivered": .list(["at": moment]), "passedOn": .list(["at": moment]), "delayed": .list(["at": moment]),
            "bounce": .list(["at": moment, "reason": .text, "isUnsigned": .flag, "diagnostic": optionalText]),
        ]),
    ]

    private static let letter: [String: TemplateField] = [
        "sent": .list(["at": moment]), "isWaiting": .flag, "hasFailed": .flag, "isLate": .flag, "opened": .list(["at": moment]),
    ]

    private static let paperService: [String: TemplateField] = [
        "day": .text, "shortDay": .text, "isPosted": .flag, "isHandedOver": .flag, "other": optionalText,
    ]

    private static let paper: [String: TemplateField] = [
        "member": .text, "form": .text, "date": .text, "first": .text, "last": .text, "firstDay": .text, "latestDay": .text,
        "isOneDay": .flag,
        "isPosted": .flag, "isHandedOver": .flag, "served": .list(paperService), "isUnchanged": .flag, "lastDay": .text, "hasFault": .flag,
        "noDate": .flag, "impossibleDay": .flag, "noManner": .flag, "recordedMeanwhile": .flag, "statusURL": .text,
    ]
}
