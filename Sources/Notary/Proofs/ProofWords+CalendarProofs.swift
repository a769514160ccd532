extension DetailWords {
    /// What `OpenTimestamps.Fault` says.
    static let calendarProofs = [
        Phrase("not an OpenTimestamps proof", "ce n'est pas une preuve OpenTimestamps"),
        Phrase("proof of version *; version 1 is understood", "preuve de version * ; seule la version 1 est comprise"),
        Phrase("operation * is not supported", "l'opération * n'est pas prise en charge"),
        Phrase("the proof ends too early", "la preuve s'arrête trop tôt"),
        Phrase("* bytes follow the proof", "* octets de trop après la preuve"),
        Phrase("* bytes: longer than a proof may be", "* octets : plus qu'une preuve n'en peut avoir"),
        Phrase("operations are nested deeper than *", "des opérations s'emboîtent à plus de * niveaux"),
        Phrase("an operation meets * bytes; it may meet 1 to *", "une opération porte sur * octets ; il en faut de 1 à *"),
        Phrase("a number doesn't fit 64 bits", "un nombre dépasse 64 bits"),
        Phrase("an attestation has too many bytes, or too few", "une attestation a trop d'octets, ou trop peu"),
        Phrase("a calendar's address has characters that are not allowed", "l'adresse d'un calendrier a des caractères interdits"),
        Phrase("the proofs are over different bytes", "elle porte sur d'autres octets"),
    ]
}
