import Council
import Links
import Store

extension CompositionSettings {
    /// Where the relays send back this convocation.
    func envelopeSender(of id: ConvocationID, _ keyring: LinkKeyring) throws(CompositionError) -> EmailAddress {
        guard let bounceAddress else { return envelopeSender }
        do { return try EmailAddress(parsing: bounceAddress.address(for: id.rawValue, keyring)) } catch { throw .sender(id) }
    }

    /// Where they send back this letter: told apart from the convocation, which stands as it is.
    func envelopeSender(of id: LetterID, about convocation: ConvocationID, _ keyring: LinkKeyring) throws(CompositionError) -> EmailAddress
    {
        guard let bounceAddress else { return envelopeSender }
        do { return try EmailAddress(parsing: bounceAddress.address(forLetter: id.rawValue, keyring)) } catch {
            throw .sender(convocation)
        }
    }
}
