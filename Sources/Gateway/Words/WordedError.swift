package import Council
import Foundation
import Notary
import Store
import Templating

/// An error that says what, where and what to do, in both languages.
package protocol WordedError: Error {
    var words: Bilingual { get }
}

extension Bilingual {
    /// What a failure says to people. One that has no words of its own is shown as it describes itself.
    package static func words(of error: any Error) -> Bilingual {
        switch error {
        case let error as any WordedError: error.words
        case let error as CocoaError: SystemWords.words(of: error)
        case let error as POSIXError: .system(error.code.rawValue)
        case let refusal as ProofRefusal: Bilingual(ProofWords(.french).refusal(refusal), ProofWords(.english).refusal(refusal))
        default: words(ofText: String(describing: error))
        }
    }

    private static func words(ofText text: String) -> Bilingual {
        if let database = SystemWords.databaseFault(text) { return database }
        let (french, english) = (DetailWords.french(text), DetailWords.english(text))
        return Bilingual(french.printable, english.printable)
    }
}

extension Language {
    package init(_ language: Bilingual.Language) { self = language == .french ? .french : .english }
}

extension String {
    /// With control characters, and those that turn the direction of writing, shown as escapes: a value that is quoted can't
    /// break a line, nor move a terminal's cursor.
    package var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
