import Bounces
import Council
import Curl
import Delivery
import Foundation
import Links
import ServiceLifecycle

extension Settings {
    /// Nil where returned mails are not read: then nothing is gained by it. The configuration was refused if it could not be made.
    var bounceAddress: BounceAddress? {
        guard let bounces else { return nil }
        return try? BounceAddress(localPart: envelopeSender.localPart, domain: envelopeSender.domain, separator: bounces.separator)
    }
}

extension Gateway {
    func bounceServices() throws -> [any Service] {
        try bounceService().map { [$0] } ?? []
    }

    /// Nil: none is configured. Reads the mailbox's password.
    func bounceService() throws -> BounceService? {
        guard let bounces = settings.bounces else { return nil }
        let keyring = keyring
        return BounceService(
            source: try Self.returnSource(bounces, keys: settings.dataFolder.appendingPathComponent("keys"), clock: clock),
            interval: bounces.interval, storage: storage, keyring: { keyring.current() },
            clock: clock, logger: logger)
    }

    /// - Parameter keys: as for `relaySettings`.
    static func returnSource(_ bounces: Settings.Bounces, keys: URL?, clock: WallClock) throws -> any ReturnSource {
        switch bounces.source {
        case .maildir(let folder): return MaildirSource(folder: folder)
        case .imap(let mailbox):
            let tokens = try accessTokens(mailbox, keys: keys)
            return IMAPSource(
                server: try server(mailbox), folder: mailbox.folder, done: mailbox.done, tokens: tokens?.source(clock))
        }
    }

    /// Reads the password, where there is one.
    static func server(_ mailbox: Settings.Bounces.Mailbox) throws -> IMAPServer {
        let credentials =
            mailbox.tokens == nil
            ? try SMTPCredentials(user: mailbox.user, password: mailbox.password?.read() ?? "", mechanism: mailbox.mechanism)
            : try SMTPCredentials(user: mailbox.user, tokensBy: mailbox.mechanism)
        return try IMAPServer(
            host: mailbox.host, port: mailbox.port, security: mailbox.security, caFile: mailbox.caFile?.path, credentials: credentials)
    }

    /// Nil: it has a password.
    static func accessTokens(_ mailbox: Settings.Bounces.Mailbox, keys: URL?, http: HTTPClient = HTTPClient()) throws -> AccessTokens? {
        try mailbox.tokens.map { tokens in
            AccessTokens(try issuer(tokens, kept: keys?.appendingPathComponent("oauth-imap-\(mailbox.host).token")), http: http)
        }
    }
}

/// What `appariteur check` finds in the mailbox of returned mails, without network.
extension Gateway {
    static func bounceFindings(_ found: SettingsFound) -> [CheckFinding] {
        guard let bounces = found.bounces else { return [] }
        let place = Bilingual("bounces : ", "bounces: ")
        if case .maildir(let folder) = bounces.source { return maildirFindings(folder, place) }
        do {
            _ = try returnSource(bounces, keys: nil, clock: .system)
            return []
        } catch {
            return [
                CheckFinding(
                    place + Bilingual.words(of: error),
                    Bilingual("corriger la section « bounces: » ou son mot de passe", "mend the “bounces:” section or its password"))
            ]
        }
    }

    static func maildirFindings(_ folder: URL, _ place: Bilingual) -> [CheckFinding] {
        for name in ["new", "cur"] {
            let part = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: part.path, isDirectory: &isFolder), isFolder.boolValue else {
                return [
                    CheckFinding(
                        place
                            + Bilingual(
                                "\(folder.path.printable) n'est pas un Maildir : « \(name) » y manque",
                                "\(folder.path.printable) is not a Maildir: “\(name)” is missing in it"),
                        Bilingual(
                            "le dossier (avec new, cur et tmp) où le serveur dépose le courrier de mail.envelopeSender",
                            "the folder (with new, cur and tmp) into which the server delivers mail.envelopeSender's mail"))
                ]
            }
            if let fault = AccessFault(part.path, for: R_OK | W_OK | X_OK) {
                return [
                    CheckFinding(
                        place + fault.words,
                        Bilingual(
                            "donner au compte du service le droit d'y lire et d'y renommer (groupe, ou ACL par défaut)",
                            "let the service's account read and rename there (a group, or default ACLs)"))
                ]
            }
        }
        return []
    }
}
