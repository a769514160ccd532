/// What the domain's DNS must say of a key before anybody can check its signatures (RFC 6376 §3.6).
package struct DKIMRecord: Hashable, Sendable {
    /// `2026a._domainkey.agglo.example`
    package let name: String
    /// `v=DKIM1; k=rsa; p=…`
    package let value: String

    package init(_ signer: DKIMSigner) throws(SigningFault) {
        name = "\(signer.selector)._domainkey.\(signer.domain)"
        let kind = signer.key.kind == .ed25519 ? "ed25519" : "rsa"
        value = "v=DKIM1; k=\(kind); p=\(String(decoding: Base64.encode(try signer.key.publicKey()), as: UTF8.self))"
    }

    /// The value in the pieces that a TXT record takes: at most 255 bytes each (RFC 1035 §3.3).
    package var strings: [String] {
        var pieces: [String] = []
        var rest = Array(value.utf8)[...]
        while !rest.isEmpty {
            pieces.append(String(decoding: rest.prefix(255), as: UTF8.self))
            rest = rest.dropFirst(255)
        }
        return pieces
    }

    /// A line for a zone file (RFC 1035 §5.1).
    package var zoneLine: String {
        "\(name). IN TXT ( " + strings.map { "\"\($0)\"" }.joined(separator: "\n    ") + " )"
    }
}
