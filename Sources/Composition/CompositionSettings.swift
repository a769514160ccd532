package import Council
package import Links

/// What the messages say of the authority, and where they lead. All of it comes from the configuration.
package struct CompositionSettings: Sendable {
    package let authority: Authority
    /// `https://convocations.agglo.example`, without a slash at its end. Printable ASCII.
    package let baseURL: String
    /// Where the relays send what can't be delivered.
    package let envelopeSender: EmailAddress
    /// Signs each convocation's envelope sender, where returned mails are read; nil: they all have the plain one.
    package let bounceAddress: BounceAddress?
    package let from: Mailbox
    /// Receives previews and alarms; is named to members as the one to ask.
    package let clerk: Mailbox
    /// Who mends the relay and is told of its troubles beside the clerk; nil: the clerk alone.
    package let technicalContact: EmailAddress?
    /// Where answers go; nil: to the clerk.
    package let replyTo: Mailbox?
    /// How many days after the sitting's day its links still open.
    package let linkDaysAfterSitting: Int
    package let listID: ListID
    package var clerkLanguage: Language
    /// Who signs the convocation, below it: `Le Président,` and `Yann Le Bris`.
    package let signatory: Signatory?
    /// The articles of law that the convocation quotes in its foot; nil: those of the general rule (CGCT L. 2121-10).
    package let legalArticles: String?
    /// Bytes, as they are sent, that attached documents may take together; 0: none is attached.
    package var attachUpTo: Int
    package let seal: MessageSeal
    /// How many hours before a sitting those who have not acknowledged are reminded; empty: never by itself.
    package let reminderHours: [Int]
    /// Nil: no daily summary.
    package let summary: SummaryTime?

    package init(
        authority: Authority, baseURL: String, envelopeSender: EmailAddress, from: Mailbox, clerk: Mailbox, replyTo: Mailbox? = nil,
        linkDaysAfterSitting: Int = 60, listID: ListID? = nil, clerkLanguage: Language = .french, signatory: Signatory? = nil,
        legalArticles: String? = nil, attachUpTo: Int = 0, seal: MessageSeal = .none, bounceAddress: BounceAddress? = nil,
        reminderHours: [Int] = [], technicalContact: EmailAddress? = nil, summary: SummaryTime? = nil
    ) {
        self.summary = summary
        self.technicalContact = technicalContact
        self.authority = authority
        var base = baseURL[...]
        while base.last == "/" { base.removeLast() }
        self.baseURL = String(base)
        self.envelopeSender = envelopeSender
        self.bounceAddress = bounceAddress
        self.from = from
        self.clerk = clerk
        self.replyTo = replyTo
        self.linkDaysAfterSitting = linkDaysAfterSitting
        self.listID = listID ?? ListID(domain: from.address.domain)
        self.clerkLanguage = clerkLanguage
        self.signatory = signatory
        self.legalArticles = legalArticles
        self.attachUpTo = attachUpTo
        self.seal = seal
        self.reminderHours = reminderHours
    }
}

/// An address with the name that is shown for it.
package struct Mailbox: Hashable, Sendable {
    package let name: CleanText
    package let address: EmailAddress

    package init(name: String, address: EmailAddress) {
        self.name = CleanText(name)
        self.address = address
    }
}

package struct Signatory: Hashable, Sendable {
    package let office: CleanText
    package let name: CleanText

    package init(office: String, name: String) {
        self.office = CleanText(office)
        self.name = CleanText(name)
    }
}

/// The name of our mail in `List-Id` (RFC 2919 §2): dot-separated labels of letters, digits and hyphens.
package struct ListID: Hashable, Sendable {
    package let text: String

    package init?(_ text: String) {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 255, labels.count >= 2,
            labels.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isLabelByte) })
        else { return nil }
        self.text = text
    }

    /// `convocations.` and the domain that we send from.
    init(domain: String) { text = "convocations." + domain }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
