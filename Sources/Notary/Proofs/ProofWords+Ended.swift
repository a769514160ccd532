extension ProofWords {
    /// Timestamps that count no more.
    func ended(_ statement: ProofReport.Statement) -> String {
        switch statement {
        case .timestampExpired(let size, _, let signer, let at, let end):
            pick(
                "Un horodatage de « \(signer) » date du \(instant(at)) l'état du registre à \(size) inscription\(size > 1 ? "s" : "") ; son certificat a expiré depuis (\(instant(end))) et rien ne l'a renouvelé : il ne compte plus.",
                "A timestamp by “\(signer)” dates the register's state of \(size) entr\(size == 1 ? "y" : "ies") on \(instant(at)); its certificate has expired since (\(instant(end))), and nothing renewed it: it counts no more."
            )
        case .sealExpired(let signer, let at, let end):
            pick(
                "Un horodatage de « \(signer) » date ce fichier du \(instant(at)) ; son certificat a expiré depuis (\(instant(end))) et rien ne l'a renouvelé.",
                "A timestamp by “\(signer)” dates this file on \(instant(at)); its certificate has expired since (\(instant(end))), and nothing renewed it."
            )
        case .timestampRevoked(let size, _, let signer, let at, let subject, let revokedAt):
            pick(
                "L'horodatage de « \(signer) » sur l'état à \(size) inscription\(size > 1 ? "s" : "") (\(instant(at))) ne compte plus : le certificat « \(subject) » a été révoqué le \(instant(revokedAt)).",
                "The timestamp by “\(signer)” over the state of \(size) entr\(size == 1 ? "y" : "ies") (\(instant(at))) counts no more: the certificate “\(subject)” was revoked on \(instant(revokedAt))."
            )
        default: ""
        }
    }
}
