import Council

/// What is kept as the last reply: a server's own words, or ours on why there is none. Only the former are shown as a reply.
package enum ServerReply {
    /// SMTP's three digits first (RFC 5321, section 4.2); nil: they are our words.
    package static func of(_ text: String?) -> String? {
        guard let text else { return nil }
        let code = text.prefix(3)
        let isCode = code.count == 3 && code.allSatisfy { ("0"..."9").contains($0) } && ("2"..."5").contains(text.prefix(1))
        return isCode && (text.count == 3 || [" ", "-"].contains(text.dropFirst(3).prefix(1))) ? text : nil
    }

    /// It says for good that there is no such address (RFC 3463, X.1.X; without such a code, by its words).
    package static func blamesAddress(_ text: String?) -> Bool {
        guard let text = of(text), text.hasPrefix("5") else { return false }
        let words = text.dropFirst(4).split(separator: " ").first.map(String.init) ?? ""
        let isStatus = words.split(separator: ".").count == 3 && words.allSatisfy { $0 == "." || $0.isNumber }
        if isStatus { return words.hasPrefix("5.1.") }
        return [.addressUnknown, .domainUnknown].contains(BounceReason(status: nil, text: text))
    }
}
