package import Council
package import Foundation

/// What becomes of timestamps, for logs, audits and checks.
package enum EvidenceWords {
    package static func revoked(_ revocation: Revocation) -> Bilingual {
        Bilingual(
            "cet horodatage ne compte plus : le certificat « \(revocation.subject) » a été révoqué le \(day(revocation.at))",
            "this timestamp counts no more: the certificate “\(revocation.subject)” was revoked on \(day(revocation.at))")
    }

    static func expired(_ end: Date) -> Bilingual {
        Bilingual(
            "le certificat de l'autorité d'horodatage a expiré depuis (\(day(end))) ; rien ne l'a renouvelé",
            "the timestamp authority's certificate has expired since (\(day(end))); nothing renewed it")
    }

    /// `2027-03-31`, in UTC.
    package static func day(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }
}
