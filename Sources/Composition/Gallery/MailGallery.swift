package import Council
import Foundation
package import Store
package import Templating

/// A page that shows every kind of message in every language, with the files beside it.
package struct MailGallery: Sendable {
    private let preview: KindPreview
    private let templates: TemplateSet
    private let settings: CompositionSettings

    package init(_ preview: KindPreview, settings: CompositionSettings, templates: TemplateSet) {
        self.preview = preview
        self.settings = settings
        self.templates = templates
    }

    static let fields: [String: TemplateField] = [
        "authority": .text, "sitting": .text, "when": .text,
        "kinds": .list(
            Dictionary(uniqueKeysWithValues: MailKind.allCases.map { (flag($0), TemplateField.flag) }).merging([
                "kind": .text, "isForMembers": .flag,
                "mails": .list([
                    "language": .text, "isFrench": .flag, "subject": .text, "from": .text, "to": .text, "text": .text, "file": .text,
                    "size": .text,
                ]),
            ]) { $1 }),
    ]

    /// A name that templates can use: `alarmLate`.
    private static func flag(_ kind: MailKind) -> String {
        let parts = kind.rawValue.split(separator: "-")
        return parts[0] + parts.dropFirst().map(\.capitalized).joined()
    }

    /// The page, in `language`, and the files, by name: `supplement-fr.html`, `.txt`, `.eml`.
    package func files(
        of sitting: Sitting, members: [Member], _ amendment: StoredAmendment? = nil, page language: Language
    ) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var kinds: [[String: TemplateValue]] = []
        for kind in MailKind.allCases {
            var mails: [[String: TemplateValue]] = []
            for reading in Language.allCases {
                let mail = try preview.render(kind, of: sitting, members: members, amendment, in: reading)
                let file = "\(kind.rawValue)-\(reading.rawValue)"
                files[file + ".html"] = Array(mail.html.utf8)
                files[file + ".txt"] = Array(mail.text.utf8)
                files[file + ".eml"] = mail.bytes
                mails.append([
                    "language": .text(reading.rawValue), "isFrench": .flag(reading == .french), "subject": .text(mail.subject),
                    "from": .text("\(settings.from.name.line) <\(settings.from.address)>"),
                    "to": .text(Self.header("To", of: mail.bytes)), "text": .text(mail.text), "file": .text(file),
                    "size": .text(FileWords.size(Int64(mail.bytes.count), in: language)),
                ])
            }
            var row: [String: TemplateValue] = [
                "kind": .text(kind.rawValue), "isForMembers": .flag(kind.isForMembers), "mails": .list(mails),
            ]
            for other in MailKind.allCases { row[Self.flag(other)] = .flag(other == kind) }
            kinds.append(row)
        }
        let words = SittingWords(sitting: sitting, language: language, zone: settings.authority.timeZone)
        files["index.html"] = try templates.renderUTF8(
            "gallery/index.html", language: language.rawValue,
            [
                "authority": .text(CleanText(settings.authority.name).line), "sitting": .text(words.headline),
                "when": .text(sitting.draft.when.words(in: language)), "kinds": .list(kinds),
            ])
        return files
    }

    /// As it is sent.
    private static func header(_ name: String, of bytes: [UInt8]) -> String {
        let head = String(decoding: bytes.prefix(4_096), as: UTF8.self).replacing("\r\n ", with: " ")
        let line = head.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }
        return line.map { String($0.dropFirst(name.count + 2)) } ?? ""
    }
}
