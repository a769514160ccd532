package import Templating

/// What the intake's templates may say.
package enum IntakeTemplates {
    package static let schemas: [TemplateSchema] = [
        TemplateSchema("report/mistake.txt", Dictionary(uniqueKeysWithValues: Mistake.Code.allCases.map { ($0.rawValue, mistake) })),
        TemplateSchema("report/warning.txt", Dictionary(uniqueKeysWithValues: Warning.Code.allCases.map { ($0.rawValue, warning) })),
        TemplateSchema(
            "report/sitting.html",
            [
                "authority": .text, "body": .text, "title": .text, "when": .text, "place": optional, "video": optional,
                "urgency": optional, "outcome": outcome, "sitting": .text, "revision": .text, "received": .text,
                "deadline": .text, "clearDays": .text, "several": .flag, "electronic": .text, "paper": .text,
                "agenda": .list(["number": .text, "title": .text]),
                "documents": .list(document), "warnings": .list(["text": .text]),
            ]),
        TemplateSchema(
            "report/refused.html",
            [
                "authority": .text, "name": .text, "at": .text, "isRoll": .flag, "isCopies": .flag, "isSitting": .flag,
                "mistakes": .list(["what": .text, "todo": .text]), "more": .list(["count": .text]),
            ]),
        TemplateSchema(
            "report/roll.html",
            [
                "authority": .text, "at": .text, "total": .text, "electronic": .text, "paper": .text, "hash": .text,
                "bodies": .list(["name": .text, "count": .text]), "unchanged": .flag, "added": .list(["name": .text]),
                "changed": .list(["name": .text]), "removed": .list(["name": .text]),
            ]),
        TemplateSchema(
            "report/copies.html",
            [
                "authority": .text, "at": .text, "total": .text, "isEmpty": .flag, "bodies": .list(["name": .text, "count": .text]),
                "unchanged": .flag, "added": copy, "changed": copy, "removed": copy, "hasConvened": .flag, "convened": copy,
            ]),
        TemplateSchema(
            "report/waiting.html",
            ["authority": .text, "at": .text, "busy": .flag, "items": .list(["name": .text, "reason": .object(waiting)])]),
        TemplateSchema(
            "report/LISEZ-MOI.txt",
            [
                "authority": .text, "bodies": .list(["name": .text, "days": .text]), "example": .text, "columns": .text,
                "copyColumns": .text,
            ]),
    ]

    private static let optional = TemplateField.list(["text": .text])
    private static let copy = TemplateField.list(["name": .text, "hasCommune": .flag, "commune": .text])
    private static let mistake = TemplateField.list([
        "name": .text, "other": .text, "value": .text, "count": .text, "several": .flag, "known": .text, "atLine": .list(["line": .text]),
        "suggestion": .list(["near": .text]),
    ])
    private static let warning = TemplateField.list(["name": .text, "value": .text, "count": .text, "several": .flag])
    private static let outcome = TemplateField.object([
        "created": .flag, "replaced": .flag, "unchanged": .flag, "cancelledMeanwhile": .flag,
        "sent": .list(["electronic": .text, "paper": .text]), "sentBefore": .list(["at": .text]), "awaitsApproval": .flag,
        "amended": .list(amendment), "takenBack": .list(amendment.merging(["at": .text]) { $1 }), "amendmentWaits": .flag,
        "amendmentTold": .list(["byMail": .text, "otherwise": .text]),
    ])
    private static let amendment: [String: TemplateField] = [
        "hasNewPlace": .flag, "hasNewVideo": .flag, "added": .list(["name": .text]), "replaced": .list(["name": .text]),
        "items": .list(["number": .text, "title": .text]),
    ]
    private static let document: [String: TemplateField] = [
        "fileName": .text, "title": .text, "label": .text, "size": .text, "hash": .text, "confidential": .flag, "isNote": .flag,
        "isItem": .flag, "isAnnex": .flag, "isOther": .flag,
    ]
    private static let waiting: [String: TemplateField] = [
        "settling": .flag, "inProgress": optional, "beingWritten": optional, "locked": optional, "unnamed": .flag, "empty": .flag,
        "alone": .flag, "sameName": .flag, "forbidden": .flag, "fault": optional,
    ]
}
