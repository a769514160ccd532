import Council
import Foundation
import Notary
import Store

/// What `check` has to say about timestamps.
extension Gateway {
    /// Certificates in a configured file that have ended, or will within ninety days: then new tokens are refused.
    static func endings(
        of authorities: CertificateAuthorities, _ authority: Settings.TimestampAuthority, _ now: Date
    ) throws -> [CheckFinding] {
        try authorities.ended(by: now.addingTimeInterval(90 * 86_400)).map { certificate in
            let day = EvidenceWords.day(certificate.notAfter)
            let path = authority.caFile.path.printable
            let words =
                certificate.notAfter <= now
                ? Bilingual(
                    "le certificat « \(certificate.subject) » de \(path) a expiré le \(day)",
                    "the certificate “\(certificate.subject)” in \(path) expired on \(day)")
                : Bilingual(
                    "le certificat « \(certificate.subject) » de \(path) expire le \(day)",
                    "the certificate “\(certificate.subject)” in \(path) expires on \(day)")
            return CheckFinding(
                Bilingual("anchors, \(authority.name) : ", "anchors, \(authority.name): ") + words,
                Bilingual(
                    "demander le suivant à l'autorité et l'ajouter au fichier, sans retirer celui-ci : les jetons déjà reçus en ont besoin",
                    "ask the authority for the next one and add it to the file, without removing this one: tokens already received need it"),
                isWarning: true)
        }
    }

    /// Tokens that their authority's certification authority took back.
    static func revokedTimestamps(in storage: any Storage) async throws -> [CheckFinding] {
        try await storage.anchorsDue(at: .distantFuture).filter(\.isRevoked).map { record in
            CheckFinding(
                Bilingual(
                    "anchors/\(record.size), \(record.authority) : un certificat de l'autorité d'horodatage a été révoqué, ce jeton ne compte plus",
                    "anchors/\(record.size), \(record.authority): a certificate of the timestamp authority was revoked, this token counts no more"
                ),
                Bilingual(
                    "« appariteur ledger audit » dit lequel et quand ; s'adresser à l'autorité, ou en configurer une autre",
                    "`appariteur ledger audit` says which and when; turn to the authority, or configure another"),
                isWarning: true)
        }
    }
}
