/// What our messages are signed with: S/MIME first, which members' programs show, then DKIM over all of it, which their
/// servers check. Neither, where the relay signs.
package struct MessageSeal: Sendable {
    package let smime: SMIMESigner?
    package let dkim: [DKIMSigner]

    package init(smime: SMIMESigner? = nil, dkim: [DKIMSigner] = []) {
        self.smime = smime
        self.dkim = dkim
    }

    package static let none = MessageSeal()

    /// `header`'s lines and `appendEntity`'s MIME entity, as one message.
    func message(
        _ header: [UInt8], boundary: String, at seconds: Int, size: Int, _ appendEntity: (inout [UInt8]) -> Void
    ) throws(SigningFault) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 1024 * dkim.count + (smime == nil ? 0 : 16_384))
        bytes += header
        if let smime {
            var entity: [UInt8] = []
            entity.reserveCapacity(size)
            appendEntity(&entity)
            try smime.appendSigned(entity, boundary: "=_s\(boundary)", at: seconds, to: &bytes)
        } else {
            appendEntity(&bytes)
        }
        try addDKIM(to: &bytes, at: seconds)
        return bytes
    }

    /// A signature of each key before a finished message: CRLF, with an empty line after its header. `seconds`: since 1970.
    package func addDKIM(to message: inout [UInt8], at seconds: Int) throws(SigningFault) {
        guard !dkim.isEmpty else { return }
        let end = Self.endOfHeader(message)
        let signed = SignedHeader(message[..<end])
        let bodyHash = RelaxedBody.hash(message[(end + 2)...])
        var fields: [UInt8] = []
        for signer in dkim { fields += try signer.field(for: signed, bodyHash: bodyHash, at: seconds) }
        message.insert(contentsOf: fields, at: 0)
    }

    /// Where the empty line after the header begins.
    private static func endOfHeader(_ bytes: [UInt8]) -> Int {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            if end == start + 1 { return start }
            start = end + 1
        }
        return bytes.count - 2
    }
}
