/// One line of `copies.csv`: somebody who is told of sittings and is not convened to them (CGCT L5211-40-2).
package struct CopyEntry: Hashable, Sendable {
    /// As on letters: `Mme`, `M.`, may be empty.
    package let civility: String
    package let familyName: String
    package let givenName: String
    package let email: EmailAddress
    /// On whose council they sit.
    package let commune: String
    /// Of which sittings they are told; empty: of every body's.
    package let bodies: [BodyID]
    package let language: Language

    package init(
        civility: String, familyName: String, givenName: String, email: EmailAddress, commune: String, bodies: [BodyID], language: Language
    ) {
        self.civility = civility
        self.familyName = familyName
        self.givenName = givenName
        self.email = email
        self.commune = commune
        self.bodies = bodies
        self.language = language
    }

    package var fullName: String { RollEntry.fullName(given: givenName, family: familyName) }

    /// As `RollEntry.nameKey`.
    package var nameKey: String { Spelling.folded(familyName) + "|" + Spelling.folded(givenName) }

    /// What makes two lines the same person. A town hall's address may be several councillors'.
    package var key: String { nameKey + "|" + email.key }

    package func isTold(of body: BodyID) -> Bool { bodies.isEmpty || bodies.contains(body) }
}
