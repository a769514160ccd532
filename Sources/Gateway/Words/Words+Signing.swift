package import Composition
package import Council

extension SigningFault: WordedError {
    package var words: Bilingual {
        switch self {
        case .noKey:
            Bilingual(
                "ce n'est pas une clé privée en PEM (« -----BEGIN PRIVATE KEY----- »)",
                "it is no private key in PEM (“-----BEGIN PRIVATE KEY-----”)")
        case .locked:
            Bilingual(
                "la clé est chiffrée, et la phrase secrète manque ou n'est pas la sienne",
                "the key is encrypted, and the passphrase is missing or not its own")
        case .tooSmall(let bits):
            Bilingual("la clé RSA n'a que \(bits) bits : il en faut 2048", "the RSA key has only \(bits) bits: 2048 are needed")
        case .unsuitable(let kind):
            Bilingual("une clé de type \(kind.printable) ne convient pas ici", "a key of the kind \(kind.printable) doesn't serve here")
        case .noCertificate:
            Bilingual(
                "ce n'est pas un certificat en PEM (« -----BEGIN CERTIFICATE----- »)",
                "it is no certificate in PEM (“-----BEGIN CERTIFICATE-----”)")
        case .anotherKey:
            Bilingual(
                "le premier certificat n'est pas celui de la clé (l'ordre : le sien d'abord, puis ses autorités)",
                "the first certificate is not the key's (the order: its own, then its authorities)")
        case .notForMail:
            Bilingual("ce certificat n'est pas fait pour signer des messages", "the certificate is not made for signing mail")
        case .refused(let doing, let reason):
            Bilingual("la signature a échoué (\(doing) : \(reason))", "signing failed (\(doing): \(reason))")
        }
    }
}
