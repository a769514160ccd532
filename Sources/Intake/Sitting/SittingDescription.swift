package import Council
import Foundation
import Yams

/// What `seance.yml` says; each part overrides the folder's name and the files' numbers.
package struct SittingDescription: Hashable, Sendable {
    /// A word with the line on which it was written, for messages.
    package struct Written: Hashable, Sendable {
        package let text: String
        package let line: Int
    }

    package var title: String?
    package var date: CivilDate?
    package var hour: FolderName.Hour?
    package var body: Written?
    package var place: String?
    package var videoLink: String?
    package var urgencyReason: String?
    package var agenda: [AgendaItem]?
    /// The sitting whose place this one takes: its folder's name or its identifier.
    package var replaces: Written?
    /// File names or numbers.
    package var confidential: [Written] = []

    package init() {}

    /// A few hundred agenda items fit.
    package static let longestFile = 64 << 10

    package init(parsing bytes: [UInt8]) throws(Mistakes) {
        guard bytes.count <= Self.longestFile else { throw Mistakes([Mistake(.descriptionTooLong, count: Self.longestFile)]) }
        guard let text = ClerkText.decode(bytes) else { throw Mistakes([Mistake(.descriptionShape)]) }
        var reader = DescriptionReader()
        reader.read(try Self.root(of: text))
        guard reader.mistakes.isEmpty else { throw Mistakes(reader.mistakes) }
        self = reader.description
    }

    private static func root(of text: String) throws(Mistakes) -> Node? {
        do {
            return try Yams.compose(yaml: text, .default, .default, .utf8)
        } catch let error as YamlError {
            throw Mistakes([mistake(error)])
        } catch {
            throw Mistakes([Mistake(.descriptionShape)])
        }
    }

    private static func mistake(_ error: YamlError) -> Mistake {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            Mistake(.descriptionSyntax, line: mark.line, count: mark.column)
        case .duplicatedKeysInMapping(let names, let context):
            Mistake(.repeatedKey, line: context.mark.line, name: names.map(Shown.text).joined(separator: ", "))
        default: Mistake(.descriptionShape)
        }
    }
}

/// The keys of `seance.yml`.
enum DescriptionKey: String, CaseIterable {
    case titre, date, heure, instance, lieu, visio, urgence
    case agenda = "ordre_du_jour"
    case confidentiel, remplace

    static func named(_ text: String) -> DescriptionKey? {
        let wanted = Spelling.folded(text)
        return allCases.first { Spelling.folded($0.rawValue) == wanted }
    }

    static func near(_ text: String) -> String? { Likeness.nearest(to: text.lowercased(), among: allCases.map(\.rawValue)) }
}
