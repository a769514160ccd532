import Foundation

/// `v=DKIM1; k=rsa; p=…`: how DKIM and DMARC write a record (RFC 6376 §3.2).
struct TagList: Hashable, Sendable {
    private let tags: [String: String]

    init(_ text: String) {
        var tags: [String: String] = [:]
        for part in text.split(separator: ";") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let name = part[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            tags[name] = part[part.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        }
        self.tags = tags
    }

    subscript(_ name: String) -> String? { tags[name] }
}

/// What a domain asks of receivers (RFC 7489), and how far it reaches.
struct DMARCPolicy: Hashable, Sendable {
    /// Where the record was found.
    let domain: String
    /// `none`, `quarantine`, `reject`, as it applies to the sender's domain.
    let policy: String
    let isStrictDKIM: Bool
    let isStrictSPF: Bool
    /// Of the sender's domain and those above it, the highest that has a record: what is below it belongs together.
    let organisation: String

    /// A domain and those above it, down to two labels: without a list of public suffixes, what stands nearest to the organisation's
    /// own.
    static func domains(from domain: String) -> [String] {
        let labels = domain.split(separator: ".")
        guard labels.count > 2 else { return [domain] }
        return (0...(labels.count - 2)).map { labels[$0...].joined(separator: ".") }
    }

    /// Nil: the text is no record.
    init?(_ text: String, at domain: String, for sender: String, organisation: String) {
        let tags = TagList(text)
        guard Self.isRecord(text), let policy = tags["p"]?.lowercased() else { return nil }
        self.domain = domain
        self.policy = domain == sender ? policy : tags["sp"]?.lowercased() ?? policy
        isStrictDKIM = tags["adkim"]?.lowercased() == "s"
        isStrictSPF = tags["aspf"]?.lowercased() == "s"
        self.organisation = organisation
    }

    static func isRecord(_ text: String) -> Bool {
        text.prefix { $0 != ";" }.filter { !$0.isWhitespace } == "v=DMARC1"
    }

    func isAligned(_ domain: String, with sender: String, strictly: Bool) -> Bool {
        if domain == sender { return true }
        guard !strictly else { return false }
        return [domain, sender].allSatisfy { $0 == organisation || $0.hasSuffix("." + organisation) }
    }
}
