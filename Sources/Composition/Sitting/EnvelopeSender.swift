import Council
import Links

extension CompositionSettings {
    /// Where the relays send back this convocation.
    func envelopeSender(of id: ConvocationID, _ keyring: LinkKeyring) throws(CompositionError) -> EmailAddress {
        guard let bounceAddress else { return envelopeSender }
        do { return try EmailAddress(parsing: bounceAddress.address(for: id.rawValue, keyring)) } catch { throw .sender(id) }
    }
}
