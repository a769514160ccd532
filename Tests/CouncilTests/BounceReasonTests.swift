import Council
import Testing

@Suite("Why a message came back")
struct BounceReasonTests {
    @Test(
        "is read from the code, and from the words where the code says little",
        arguments: [
            ("5.1.1", "", BounceReason.addressUnknown), ("5.1.10", "", .addressUnknown), ("5.1.2", "", .domainUnknown),
            ("5.4.4", "", .domainUnknown), ("5.2.1", "", .mailboxClosed), ("5.2.2", "spam", .mailboxFull), ("4.2.2", "", .mailboxFull),
            ("5.2.3", "", .tooLarge), ("5.3.4", "", .tooLarge), ("5.7.1", "", .refusedByRule), ("5.7.26", "", .refusedByRule),
            ("4.4.7", "", .expired), ("4.4.1", "Connection timed out", .expired), ("5.4.6", "", .loop),
            // Exchange Online says so of an address that its directory doesn't have.
            ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied.", .addressUnknown),
            ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable, user unknown", .addressUnknown),
            ("5.0.0", "552 Taille de la boîte dépassée : boîte pleine", .mailboxFull),
            ("5.5.0", "Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]", .addressUnknown),
            ("5.0.0", "554 Message refused: spam detected", .refusedByRule), ("", "L’adresse n’existe pas", .addressUnknown),
            ("", "Host not found", .domainUnknown), ("", "something else", .other), ("5.9.9", "", .other), ("x.y.z", "", .other),
            ("5.1", "", .other), ("999999999999999999999.1.1", "quota exceeded", .addressUnknown),
        ])
    func reason(status: String, text: String, expected: BounceReason) {
        #expect(BounceReason(status: status.isEmpty ? nil : status, text: text) == expected)
    }

    @Test("has words in both languages for each", arguments: BounceReason.allCases)
    func words(reason: BounceReason) {
        #expect(!reason.words.french.isEmpty && !reason.words.english.isEmpty && reason.words.french != reason.words.english)
    }
}
