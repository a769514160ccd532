/// A person who is convened (élu·e).
package struct Member: Hashable, Sendable, Identifiable {
    package let id: MemberID
    package let entry: RollEntry

    package init(id: MemberID, entry: RollEntry) {
        self.id = id
        self.entry = entry
    }
}

package struct MemberID: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
    package var description: String { String(rawValue) }
    package static func < (a: MemberID, b: MemberID) -> Bool { a.rawValue < b.rawValue }
}

/// One line of the roll: what the authority knows of a member.
package struct RollEntry: Hashable, Sendable, Codable {
    /// As written on letters: `Mme`, `M.`, may be empty.
    package let civility: String
    package let familyName: String
    package let givenName: String
    /// Always there for electronic service; may be missing for paper.
    package let email: EmailAddress?
    package let bodies: [BodyID]
    package let service: ServiceMode
    package let language: Language

    package init(
        civility: String, familyName: String, givenName: String, email: EmailAddress?, bodies: [BodyID],
        service: ServiceMode, language: Language
    ) {
        self.civility = civility
        self.familyName = familyName
        self.givenName = givenName
        self.email = email
        self.bodies = bodies
        self.service = service
        self.language = language
    }

    /// `Éloïse Le Goff`
    package var fullName: String { Self.fullName(given: givenName, family: familyName) }

    package static func fullName(given: String, family: String) -> String {
        given.isEmpty ? family : family.isEmpty ? given : "\(given) \(family)"
    }

    /// What makes two lines the same person.
    package var nameKey: String { Spelling.folded(familyName) + "|" + Spelling.folded(givenName) }
}

/// How a member is served: electronically unless they asked for paper (CGCT L2121-10).
package enum ServiceMode: String, Hashable, Sendable, Codable, CaseIterable {
    case electronic
    case paper
}

package enum Language: String, Hashable, Sendable, Codable, CaseIterable {
    case french = "fr"
    case english = "en"
}
