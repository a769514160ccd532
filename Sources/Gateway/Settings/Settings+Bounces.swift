import Council
import Curl
import Foundation
import Links

/// `bounces:`.
extension SettingsParts {
    /// Nil inside nil: wrong; nil: none is configured.
    func readBounces(sender: EmailAddress?, _ mail: SettingsReader) -> Settings.Bounces?? {
        guard root.isPresent("bounces") else {
            _ = root.node("bounces")
            return .some(nil)
        }
        let section = root.section("bounces")
        let interval = section.duration("interval", default: .seconds(60), in: .seconds(5) ... .seconds(3600), example: "1m")
        let separator = choice(section, "separator", default: BounceAddress.Separator.plus)
        var source: Settings.Bounces.Source?
        switch (section.isPresent("maildir"), section.isPresent("imap")) {
        case (true, false):
            source = section.text("maildir", example: "/var/mail/retours").map(resolve).map(Settings.Bounces.Source.maildir)
            _ = section.node("imap")
        case (false, true):
            source = readMailbox(section.section("imap")).map(Settings.Bounces.Source.imap)
            _ = section.node("maildir")
        default:
            _ = section.node("maildir")
            _ = section.node("imap")
            section.wrong(
                "maildir", Bilingual("il faut soit maildir, soit imap", "either maildir or imap is needed"),
                "maildir: /var/mail/retours/Maildir")
        }
        guard let source, let separator, let interval, canCarryToken(sender, mail, separator) else { return nil }
        return Settings.Bounces(source: source, separator: separator, interval: interval)
    }

    private func canCarryToken(_ sender: EmailAddress?, _ mail: SettingsReader, _ separator: BounceAddress.Separator) -> Bool {
        guard let sender else { return true }
        do throws(BounceAddressError) {
            _ = try BounceAddress(localPart: sender.localPart, domain: sender.domain, separator: separator)
            return true
        } catch {
            mail.wrong(
                "envelopeSender",
                Bilingual(
                    "« \(sender.localPart) » dépasse \(BounceAddress.baseLimit) caractères : avec « bounces: », un numéro et une signature le suivent",
                    "“\(sender.localPart)” has more than \(BounceAddress.baseLimit) characters: with “bounces:”, a number and a signature follow it"
                ),
                "envelopeSender: retours@\(sender.domain)")
            return false
        }
    }

    private func readMailbox(_ section: SettingsReader) -> Settings.Bounces.Mailbox? {
        let server = readServer(section, example: "imap.agglo.example", tls: .implicit, ports: (implicit: 993, other: 143))
        let user = section.text("user", example: "retours@agglo.example")
        let takesToken = section.isPresent("oauth")
        let tokens = takesToken ? readTokens(section.section("oauth")) : nil
        if !takesToken { _ = section.node("oauth") }
        let mechanism = choice(section, "authentication", default: takesToken ? SMTPCredentials.Mechanism.xoauth2 : .password)
        if let mechanism, mechanism.takesToken != takesToken {
            section.wrong(
                "authentication",
                Bilingual("« \(mechanism.rawValue) » et « oauth: » vont ensemble", "“\(mechanism.rawValue)” and “oauth:” go together"),
                takesToken ? "authentication: xoauth2" : "oauth: { tokenURL: https://…, clientID: … }")
        }
        let password = readPassword(section, user: user, takesToken: takesToken, example: "/etc/appariteur/imap.password")
        let folder = mailFolder(section, "folder", example: "INBOX")
        let done = section.isPresent("done") ? mailFolder(section, "done", example: "Traités") : nil
        if !section.isPresent("done") { _ = section.node("done") }
        if let done, done == folder {
            section.wrong("done", Bilingual("est le dossier où l'on lit", "is the folder that is read"), "done: Traités")
        }
        guard let server, let user, let mechanism, takesToken ? tokens != nil : password != nil, let folder else { return nil }
        return Settings.Bounces.Mailbox(
            host: server.host, port: server.port, security: server.security, caFile: server.caFile, user: user, password: password,
            mechanism: mechanism, tokens: tokens, folder: folder, done: done)
    }

    private func mailFolder(_ section: SettingsReader, _ key: String, example: String) -> IMAPFolder? {
        section.value(
            key, default: IMAPFolder("INBOX"), example: example,
            problem: Bilingual("n'est pas un nom de dossier", "is not a folder's name")
        ) { IMAPFolder($0) }
    }
}
