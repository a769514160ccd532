package import Templating

/// Pages of the demonstration's mailbox.
package enum DemonstrationTemplates {
    private static let frame: [String: TemplateField] = [
        "authority": .text, "languageLink": .list(["url": .text]),
    ]

    package static let schemas: [TemplateSchema] = [
        TemplateSchema(
            "demo/mailbox.html",
            frame.merging([
                // The mailbox shown alone, when one is chosen.
                "chosen": .list(["address": .text, "all": .text]),
                "isEmpty": .flag,
                "count": .text,
                "mailboxes": .list(["address": .text, "url": .text, "count": .text]),
                "mails": .list(["url": .text, "subject": .text, "from": .text, "to": .text, "time": .text, "isoTime": .text]),
            ]) { $1 }),
        TemplateSchema(
            "demo/message.html",
            frame.merging([
                "mailbox": .text,
                "subject": .text, "from": .text, "to": .text, "time": .text, "isoTime": .text,
                "html": .list(["url": .text]),
                "text": .list(["text": .text]),
                "attachments": .list(["name": .text, "kilobytes": .text, "mediaType": .text, "url": .text]),
                "headers": .list(["name": .text, "value": .text]),
                "rawURL": .text, "kilobytes": .text,
            ]) { $1 }),
        TemplateSchema("demo/missing.html", frame.merging(["mailbox": .text]) { $1 }),
    ]
}
