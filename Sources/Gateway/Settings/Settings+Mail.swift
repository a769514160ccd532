package import Council
package import Foundation

extension Settings {
    /// What messages carry besides their text, and what they are signed with.
    package struct Mail: Hashable, Sendable {
        /// A key of `<selector>._domainkey.<domain>` (RFC 6376).
        package struct DKIM: Hashable, Sendable {
            package let selector: String
            package let domain: String
            package let keyFile: URL
        }

        package struct SMIME: Hashable, Sendable {
            /// PEM: the authority's certificate, then those above it.
            package let certificateFile: URL
            package let keyFile: URL
            package let passphrase: SecretSource?
        }

        /// Bytes, as they are sent, of all attached documents together; 0: none.
        package var attachUpTo = 5_000_000
        package var dkim: [DKIM] = []
        package var smime: SMIME?
        /// Whoever mends the relay: told of its troubles beside the clerk.
        package var technicalContact: EmailAddress?

        package init() {}
    }
}

extension SettingsParts {
    /// The section, nil with a mistake in it, and in any case each key that is right in itself.
    func readMail(_ section: SettingsReader, from: EmailAddress?) -> (Settings.Mail?, Settings.Mail) {
        var mail = Settings.Mail()
        let limit = section.value(
            "attachUpTo", default: mail.attachUpTo, example: "5 MB",
            problem: Bilingual(
                "n'est pas une taille de 0 à 50 MB (kB, MB)", "is not a size from 0 to 50 MB (kB, MB)"), Self.size)
        let hasContact = section.isPresent("technicalContact")
        if hasContact {
            mail.technicalContact = section.value(
                "technicalContact", example: "informatique@agglo.example",
                problem: Bilingual("n'est pas une adresse utilisable", "is not a usable address")
            ) { text in
                do throws(EmailAddressError) { return try EmailAddress(parsing: text) } catch { return nil }
            }
        } else {
            _ = section.node("technicalContact")
        }
        let keys = section.sections("dkim").map { readDKIM($0, from: from) }
        mail.dkim = keys.compactMap { $0 }
        let isPresent = section.isPresent("smime")
        if isPresent { mail.smime = readSMIME(section.section("smime")) } else { _ = section.node("smime") }
        var names: Set<String> = []
        for key in mail.dkim where !names.insert("\(key.selector)._domainkey.\(key.domain)").inserted {
            section.wrong(
                "dkim",
                Bilingual(
                    "le sélecteur « \(key.selector) » sert deux fois pour \(key.domain)",
                    "the selector “\(key.selector)” is used twice for \(key.domain)"),
                Bilingual("un sélecteur par clé", "one selector for each key"))
        }
        mail.attachUpTo = limit ?? mail.attachUpTo
        let isWhole =
            limit != nil && mail.dkim.count == keys.count && (mail.smime != nil) == isPresent
            && (mail.technicalContact != nil) == hasContact
        return (isWhole ? mail : nil, mail)
    }

    private func readDKIM(_ section: SettingsReader, from: EmailAddress?) -> Settings.Mail.DKIM? {
        let selector = section.value(
            "selector", example: "\"2027a\"",
            problem: Bilingual("n'a que lettres, chiffres, tirets et points", "has only letters, digits, hyphens, dots")
        ) { Self.isName($0) ? $0.lowercased() : nil }
        let domain = section.value(
            "domain", default: from?.domain ?? "", example: from?.domain ?? "agglo.example",
            problem: Bilingual("n'est pas un domaine", "is not a domain")
        ) { text in
            do throws(EmailAddressError) { return try EmailAddress(parsing: "a@" + text).domain } catch { return nil }
        }
        let keyFile = section.text("keyFile", example: "/etc/appariteur/dkim-2027a.pem").map(resolve)
        let isThere = keyFile.map { existing(section, "keyFile", $0) } ?? false
        guard let selector, let domain, !domain.isEmpty, let keyFile, isThere else { return nil }
        return Settings.Mail.DKIM(selector: selector, domain: domain, keyFile: keyFile)
    }

    private func readSMIME(_ section: SettingsReader) -> Settings.Mail.SMIME? {
        let certificate = section.text("certificateFile", example: "/etc/appariteur/smime.crt.pem").map(resolve)
        let key = section.text("keyFile", example: "/etc/appariteur/smime.key.pem").map(resolve)
        let passphrase = readSecret(section, "passphrase", example: "/etc/appariteur/smime.passphrase")
        let areThere = [("certificateFile", certificate), ("keyFile", key)].allSatisfy { name, url in
            url.map { existing(section, name, $0) } ?? false
        }
        guard let certificate, let key, areThere else { return nil }
        return Settings.Mail.SMIME(certificateFile: certificate, keyFile: key, passphrase: passphrase)
    }

    /// `5 MB`, `5 Mo`, `500 kB`, `0`.
    private static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let factor: Int? =
            switch text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).lowercased() {
            case "": digits == "0" ? 1 : nil
            case "kb", "ko": 1_000
            case "mb", "mo": 1_000_000
            default: nil
            }
        guard let factor, let count = Int(digits), count <= 50_000 else { return nil }
        return count * factor <= 50_000_000 ? count * factor : nil
    }

    /// Dot-separated labels, as DNS has them.
    private static func isName(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }
}
