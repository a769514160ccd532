import Foundation

/// A sentence for IT, in both languages of the product.
package struct Bilingual: Hashable, Sendable {
    package let french: String
    package let english: String

    package init(_ french: String, _ english: String) {
        self.french = french
        self.english = english
    }

    package static func + (a: Bilingual, b: Bilingual) -> Bilingual { Bilingual(a.french + b.french, a.english + b.english) }

    package static func + (words: Bilingual, tail: String) -> Bilingual { Bilingual(words.french + tail, words.english + tail) }

    package func text(_ language: Language) -> String { language == .french ? french : english }

    /// The language of this terminal: French unless `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set) says English.
    package enum Language: String, Sendable {
        case french = "fr"
        case english = "en"

        package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
            let set = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
            self = set?.hasPrefix("en") == true ? .english : .french
        }
    }
}
