package import Composition
package import Council
package import Curl
package import Delivery
package import Foundation
package import Links
package import Notary

/// All that IT decides, read from one YAML file. A value of this type is complete and consistent: nobody checks again.
package struct Settings: Sendable {
    package struct Contact: Hashable, Sendable {
        package let name: String
        package let address: EmailAddress
    }

    package struct Relay: Hashable, Sendable {
        package typealias Security = SMTPRelay.Security

        package let host: String
        package let port: Int
        package let security: Security
        package let caFile: URL?
        /// `sha256//…`: the only public key that is accepted; nil: any that is certified.
        package let pinnedKey: String?
        package let clientCertificate: ClientCertificateFiles?
        /// Nil: without an account, whatever follows.
        package var user: String?
        /// With `tokens`, unused.
        package let password: SecretSource?
        package let mechanism: SMTPCredentials.Mechanism
        package let tokens: Tokens?
        package let connections: Int
        package let heloName: String
        package var reports: SMTPRelay.Reports
        package let limits: RateLimits
        package let domainLimits: RateLimits

        package struct ClientCertificateFiles: Hashable, Sendable {
            package let certificate: URL
            package let key: URL
            package let passphrase: SecretSource?
        }

        /// OAuth 2.0: who issues access tokens, and what they are asked with.
        package struct Tokens: Hashable, Sendable {
            package let url: String
            package let clientID: String
            package let clientSecret: SecretSource?
            /// Nil: client credentials.
            package let refreshToken: SecretSource?
            package let scope: String?
        }

        package var address: String { "\(host):\(port)" }
    }

    /// Where returned mails arrive, and how the address that they are sent to is written.
    package struct Bounces: Hashable, Sendable {
        package enum Source: Hashable, Sendable {
            case maildir(URL)
            case imap(Mailbox)
        }

        package struct Mailbox: Hashable, Sendable {
            package let host: String
            package let port: Int
            package let security: Relay.Security
            package let caFile: URL?
            package let user: String
            /// With `tokens`, unused.
            package let password: SecretSource?
            package let mechanism: SMTPCredentials.Mechanism
            package let tokens: Relay.Tokens?
            package let folder: IMAPFolder
            /// Nil: what was read stays there, marked as seen.
            package let done: IMAPFolder?
        }

        package let source: Source
        package let separator: BounceAddress.Separator
        package let interval: Duration
    }

    package struct Listen: Hashable, Sendable {
        package let host: String
        package let port: Int
    }

    package struct TimestampAuthority: Hashable, Sendable {
        package let name: String
        package let url: String
        package let caFile: URL
        /// Dotted object identifier that answers must carry; nil: any.
        package let policy: String?
    }

    package struct Anchors: Hashable, Sendable {
        package let interval: Duration
        package let timestampAuthorities: [TimestampAuthority]
        package let timestampUse: AnchorSettings.TimestampUse
        /// Days before a timestamp's certificate ends, from which on it is renewed.
        package let renewalDays: Int
        /// Days between two looks at the revocation lists about timestamps' chains; 0: none.
        package let revocationDays: Int
        package let calendars: [String]
        /// Nil: none, as a rule.
        package let node: AnchorSettings.Node?

        var isEmpty: Bool { timestampAuthorities.isEmpty && calendars.isEmpty && node == nil }
    }

    /// Who cosigns our checkpoints, and how many of them must.
    package struct Witnesses: Hashable, Sendable {
        package let list: [WitnessSettings.Witness]
        package let threshold: Int

        package static let none = Witnesses(list: [], threshold: 0)
    }

    package let authority: Authority
    package let clerk: Contact
    package let publicURL: String
    package let listen: Listen
    /// In the order in which they are to be used; never empty.
    package let relays: [Relay]
    package let unknownPolicy: UnknownPolicy
    package let from: Contact
    package let envelopeSender: EmailAddress
    /// Nil: returned mails are nobody's business here.
    package let bounces: Bounces?
    package let mail: Mail
    package let dataFolder: URL
    package let dropFolder: URL
    /// Nil: the templates that ship with the program.
    package let templatesFolder: URL?
    package let settle: Duration
    package let rescan: Duration
    package let linkDays: Int
    package let receiptPolicy: ReceiptPolicy
    package let anchors: Anchors
    package let witnesses: Witnesses
    /// The log's name in every checkpoint (C2SP origin).
    package let ledgerOrigin: String
    /// Years after a member's last sitting before which they can't be erased.
    package let retentionYears: Int
    /// Hours before a sitting at which those who have not acknowledged are reminded, the longest first; empty: never by itself.
    package let reminderHours: [Int]
    /// When the clerk gets the day's summary; nil: never.
    package let summary: SummaryTime?

    /// Elsewhere than in the file: `--data DIR`.
    package func with(dataFolder: URL) -> Settings {
        Settings(
            authority: authority, clerk: clerk, publicURL: publicURL, listen: listen, relays: relays, unknownPolicy: unknownPolicy,
            from: from,
            envelopeSender: envelopeSender, mail: mail, dataFolder: dataFolder, dropFolder: dropFolder, templatesFolder: templatesFolder,
            settle: settle, rescan: rescan, linkDays: linkDays, receiptPolicy: receiptPolicy, anchors: anchors,
            witnesses: witnesses, ledgerOrigin: ledgerOrigin, retentionYears: retentionYears, bounces: bounces,
            reminderHours: reminderHours, summary: summary
        )
    }

    package init(
        authority: Authority, clerk: Contact, publicURL: String, listen: Listen, relays: [Relay], unknownPolicy: UnknownPolicy,
        from: Contact,
        envelopeSender: EmailAddress, mail: Mail = Mail(), dataFolder: URL, dropFolder: URL, templatesFolder: URL?, settle: Duration,
        rescan: Duration, linkDays: Int, receiptPolicy: ReceiptPolicy, anchors: Anchors, witnesses: Witnesses = .none,
        ledgerOrigin: String, retentionYears: Int, bounces: Bounces? = nil, reminderHours: [Int] = [],
        summary: SummaryTime? = nil
    ) {
        self.summary = summary
        self.authority = authority
        self.clerk = clerk
        self.publicURL = publicURL
        self.listen = listen
        self.relays = relays
        self.unknownPolicy = unknownPolicy
        self.from = from
        self.envelopeSender = envelopeSender
        self.bounces = bounces
        self.mail = mail
        self.dataFolder = dataFolder
        self.dropFolder = dropFolder
        self.templatesFolder = templatesFolder
        self.settle = settle
        self.rescan = rescan
        self.linkDays = linkDays
        self.receiptPolicy = receiptPolicy
        self.anchors = anchors
        self.witnesses = witnesses
        self.ledgerOrigin = ledgerOrigin
        self.retentionYears = retentionYears
        self.reminderHours = reminderHours
    }
}

/// One mistake in the configuration: where, what, and what to write instead.
package struct SettingsMistake: Error, Hashable, Sendable {
    /// 1-based; nil when the key is missing altogether.
    package let line: Int?
    /// `relay.port`
    package let key: String
    package let problem: Bilingual
    package let remedy: Bilingual

    package func text(_ language: Bilingual.Language) -> String {
        let place = line.map { language == .french ? "ligne \($0), " : "line \($0), " } ?? ""
        let quoted = language == .french ? "« \(key) » : " : "“\(key)”: "
        let arrow = language == .french ? "\n    à écrire : " : "\n    write: "
        return place + (key.isEmpty ? "" : quoted) + problem.text(language) + arrow + remedy.text(language)
    }
}

/// Every mistake of one file.
package struct SettingsMistakes: WordedError, Hashable {
    package let file: String
    package let mistakes: [SettingsMistake]

    package var words: Bilingual {
        let several = mistakes.count > 1 ? "s" : ""
        func lines(_ head: String, _ language: Bilingual.Language) -> String {
            ([head] + mistakes.map { "  " + $0.text(language) }).joined(separator: "\n")
        }
        return Bilingual(
            lines("\(file.printable) : \(mistakes.count) erreur\(several)", .french),
            lines("\(file.printable): \(mistakes.count) mistake\(several)", .english))
    }
}
