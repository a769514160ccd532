/// The name of a file about a timestamp, beside the `body` that it is over: `body[.<authority>][.renewal-<n>].<kind>`.
package struct EvidenceName: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// DER `TimeStampResp`.
        case token = "tsr"
        /// PEM: the certificates from the token's signer up to the root.
        case chain = "chain.pem"
        /// PEM: revocation lists about the certificates of that chain.
        case revocations = "crl.pem"
        /// PEM: a revocation list of later, which takes the token back.
        case laterRevocations = "later-crl.pem"
        /// Lines of `sha256sum`: what a renewal's token is over.
        case list = "txt"
    }

    /// Nil where there is but one.
    package let authority: String?
    /// 0: the token over `body`; else the number of its renewal.
    package let renewal: Int
    package let kind: Kind

    package init(authority: String?, renewal: Int = 0, kind: Kind) {
        self.authority = authority
        self.renewal = renewal
        self.kind = kind
    }

    /// Nil unless it is exactly what `name` writes.
    package init?(_ name: some StringProtocol) {
        let name = String(name)
        guard name.utf8.count <= 120, let kind = Kind.allCases.first(where: { name.hasSuffix("." + $0.rawValue) }) else { return nil }
        var parts = name.dropLast(kind.rawValue.count + 1).split(separator: ".", omittingEmptySubsequences: false)[...]
        guard parts.popFirst() == "body", parts.count <= 2 else { return nil }
        var renewal = 0
        if let last = parts.last, let number = Self.renewal(last) {
            renewal = number
            parts.removeLast()
        }
        guard parts.count <= 1, parts.allSatisfy(Self.isAuthority), kind != .list || renewal > 0 else { return nil }
        self.init(authority: parts.first.map(String.init), renewal: renewal, kind: kind)
        guard self.name.utf8.elementsEqual(name.utf8) else { return nil }
    }

    package var name: String {
        "body" + (authority.map { "." + $0 } ?? "") + (renewal > 0 ? ".renewal-\(renewal)" : "") + "." + kind.rawValue
    }

    package func with(kind: Kind) -> EvidenceName { EvidenceName(authority: authority, renewal: renewal, kind: kind) }
    package func with(renewal: Int) -> EvidenceName { EvidenceName(authority: authority, renewal: renewal, kind: kind) }
    package func with(authority: String?) -> EvidenceName { EvidenceName(authority: authority, renewal: renewal, kind: kind) }

    /// What the token of that place is over.
    package var subject: String { renewal == 0 ? "body" : with(kind: .list).name }

    /// An authority of such a name would be taken for a renewal.
    package static func isReserved(authority: some StringProtocol) -> Bool {
        authority.hasPrefix("renewal-") && authority.utf8.dropFirst(8).allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func renewal(_ part: some StringProtocol) -> Int? {
        guard part.hasPrefix("renewal-"), let number = Int(part.dropFirst(8)), (1...999).contains(number) else { return nil }
        return number
    }

    private static func isAuthority(_ part: some StringProtocol) -> Bool {
        (1...64).contains(part.utf8.count) && !isReserved(authority: part)
            && part.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
