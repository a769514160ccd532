package import Composition
import Council
package import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The keys that messages are signed with: read here, and nowhere else.
extension Gateway {
    static func seal(_ mail: Settings.Mail) throws -> MessageSeal {
        MessageSeal(smime: try mail.smime.map { try smimeSigner($0) }, dkim: try mail.dkim.map { try dkimSigner($0) })
    }

    package static func dkimSigner(_ key: Settings.Mail.DKIM) throws -> DKIMSigner {
        let pem = try KeyFile.read(key.keyFile)
        return try KeyFileFault.naming(key.keyFile) { () throws(SigningFault) in
            try DKIMSigner(selector: key.selector, domain: key.domain, key: SigningKey(pem: pem))
        }
    }

    static func smimeSigner(_ smime: Settings.Mail.SMIME) throws -> SMIMESigner {
        let pem = try KeyFile.read(smime.keyFile)
        let passphrase = try smime.passphrase?.read()
        if let fault = AccessFault(smime.certificateFile.path, for: R_OK) { throw fault }
        let certificates = Array(try Data(contentsOf: smime.certificateFile))
        let key = try KeyFileFault.naming(smime.keyFile) { () throws(SigningFault) in try SigningKey(pem: pem, passphrase: passphrase) }
        return try KeyFileFault.naming(smime.certificateFile) { () throws(SigningFault) in
            try SMIMESigner(certificates: certificates, key: key)
        }
    }

    /// What `check` says of them.
    static func signingFindings(_ found: SettingsFound, at now: Date) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for key in found.mail.dkim {
            let place = Bilingual("mail.dkim, \(key.selector) : ", "mail.dkim, \(key.selector): ")
            do {
                _ = try dkimSigner(key)
            } catch {
                findings.append(
                    CheckFinding(
                        place + Bilingual.words(of: error),
                        Bilingual(
                            "une clé RSA de 2048 bits ou plus, ou Ed25519 : appariteur keys dkim --make FICHIER",
                            "an RSA key of 2048 bits or more, or Ed25519: appariteur keys dkim --make FILE")))
            }
            if let from = found.from, !isAligned(key.domain, from.domain) {
                findings.append(
                    CheckFinding(
                        place
                            + Bilingual(
                                "le domaine \(key.domain) n'est pas celui de l'expéditeur (\(from)) : DMARC ne tiendra pas compte de cette signature",
                                "the domain \(key.domain) is not the sender's (\(from)): DMARC will take no account of this signature"),
                        Bilingual("domain: \(from.domain)", "domain: \(from.domain)"), isWarning: true))
            }
        }
        if let smime = found.mail.smime { findings += smimeFindings(smime, found.from, at: now) }
        return findings
    }

    /// Relaxed alignment (RFC 7489 §3.1.1) as far as the names alone show it: one is the other, or lies below it.
    private static func isAligned(_ domain: String, _ from: String) -> Bool {
        domain == from || domain.hasSuffix("." + from) || from.hasSuffix("." + domain)
    }

    private static func smimeFindings(_ smime: Settings.Mail.SMIME, _ from: EmailAddress?, at now: Date) -> [CheckFinding] {
        let place = Bilingual("mail.smime : ", "mail.smime: ")
        let signer: SMIMESigner
        do { signer = try smimeSigner(smime) } catch {
            return [
                CheckFinding(
                    place + Bilingual.words(of: error),
                    Bilingual(
                        "le certificat de la collectivité avec sa clé, en PEM", "the authority's certificate with its key, in PEM"))
            ]
        }
        var findings: [CheckFinding] = []
        if let from, !signer.names(from) {
            let list = signer.addresses.isEmpty ? "–" : signer.addresses.joined(separator: ", ").printable
            findings.append(
                CheckFinding(
                    place
                        + Bilingual(
                            "le certificat est pour \(list), et non pour l'expéditeur \(from) : les messageries diraient la signature fausse",
                            "the certificate is for \(list), not for the sender \(from): mail programs would call the signature wrong"),
                    Bilingual(
                        "un certificat de messagerie au nom de \(from), ou mail.from.address: \(signer.addresses.first ?? "…")",
                        "a mail certificate for \(from), or mail.from.address: \(signer.addresses.first ?? "…")")))
        }
        let day = { (date: Date) in CivilDate(of: date, in: .gmt).description }
        let renew = Bilingual("renouveler le certificat, puis relancer le service", "renew the certificate, then restart the service")
        if now >= signer.ends {
            findings.append(
                CheckFinding(
                    place + Bilingual("le certificat a expiré le \(day(signer.ends))", "the certificate expired on \(day(signer.ends))"),
                    renew))
        } else if now < signer.begins {
            findings.append(
                CheckFinding(
                    place
                        + Bilingual(
                            "le certificat ne vaut qu'à partir du \(day(signer.begins))",
                            "the certificate is valid from \(day(signer.begins)) only"),
                    renew))
        } else if now.addingTimeInterval(30 * 86_400) >= signer.ends {
            findings.append(
                CheckFinding(
                    place + Bilingual("le certificat expire le \(day(signer.ends))", "the certificate expires on \(day(signer.ends))"),
                    renew,
                    isWarning: true))
        }
        return findings
    }
}

/// A private key's file, which its owner alone may read.
package enum KeyFile {
    static func read(_ file: URL) throws -> [UInt8] {
        if let fault = AccessFault(file.path, for: R_OK) { throw fault }
        try KeyError.refuseReadableByOthers(file)
        return Array(try Data(contentsOf: file))
    }

    /// A new private key (PEM) for its owner alone, synced; a file that is there is never replaced.
    package static func create(_ pem: [UInt8], to file: URL) throws {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NewKeyFault(path: file.path, code: errno) }
        defer { close(descriptor) }
        guard write(descriptor, pem, pem.count) == pem.count, fsync(descriptor) == 0 else {
            let code = errno
            // Half a key serves nobody; the fault is what the caller must know.
            _ = unlink(file.path)
            throw NewKeyFault(path: file.path, code: code)
        }
    }
}

/// A key or certificate that can't sign, and where it lies.
struct KeyFileFault: WordedError {
    let path: String
    let cause: SigningFault

    var words: Bilingual { Bilingual("\(path.printable) : ", "\(path.printable): ") + cause.words }

    static func naming<T>(_ file: URL, _ work: () throws(SigningFault) -> T) throws(KeyFileFault) -> T {
        do throws(SigningFault) { return try work() } catch { throw KeyFileFault(path: file.path, cause: error) }
    }
}

/// A key that was not written: nothing is left of it.
struct NewKeyFault: WordedError {
    let path: String
    let code: Int32

    var words: Bilingual { Bilingual("La clé n'a pas été faite. ", "The key was not made. ") + SystemWords.words(path, code) }
}
