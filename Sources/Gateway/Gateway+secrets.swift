import Council
import Foundation

extension Gateway {
    /// Files of secrets that every account of the machine can read. Read by the service's group alone they are in order: many give
    /// such files to root and that group.
    static func secretFindings(_ found: SettingsFound) -> [CheckFinding] {
        var sources: [SecretSource?] = []
        func note(_ tokens: Settings.Relay.Tokens?) { sources += [tokens?.clientSecret, tokens?.refreshToken] }
        for relay in found.relays {
            sources += [relay.password, relay.clientCertificate?.passphrase]
            note(relay.tokens)
        }
        if case .imap(let mailbox)? = found.bounces?.source {
            sources.append(mailbox.password)
            note(mailbox.tokens)
        }
        sources.append(found.mail.smime?.passphrase)
        var files: [String] = []
        for case .file(let url)? in sources where !files.contains(url.path) { files.append(url.path) }
        return files.compactMap { path in
            // One that isn't there, or is closed to us, is told where it is read.
            guard let mode = try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int, mode & 0o007 != 0 else {
                return nil
            }
            return CheckFinding(
                Bilingual(
                    "\(path.printable) : tous les comptes de cette machine peuvent lire ce secret",
                    "\(path.printable): every account of this machine can read this secret"),
                Bilingual(
                    "chmod 600 \(path.printable), au compte du service ; et changer le secret si d'autres ont pu le lire",
                    "chmod 600 \(path.printable), owned by the service's account; and change the secret if others may have read it"),
                isWarning: true)
        }
    }
}
