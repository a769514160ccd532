import Council
import Foundation
import Store
import Templating

/// Whom an alarm is about, as every alarm names them.
enum AlarmPerson {
    static let fields: [String: TemplateField] = ["name": .text, "hasAddress": .flag, "address": .text]

    static func values(_ status: ConvocationStatus) -> [String: TemplateValue] {
        let address = status.member.entry.email
        return [
            "name": .text(CleanText(status.member.entry.fullName).line),
            "hasAddress": .flag(address != nil), "address": .text(address?.description ?? ""),
        ]
    }
}

extension SittingWords {
    /// When the letter was wanted, in words.
    func since(_ letter: LetterStatus) -> String {
        letter.createdAt.map { CivilDateTime(of: $0, in: zone).words(in: language) } ?? ""
    }
}
