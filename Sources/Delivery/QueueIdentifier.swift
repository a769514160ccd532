/// The relay's own name of a message, by which its operator finds it: whatever the reply to the final dot gives.
package enum QueueIdentifier {
    /// - Parameter lines: the reply's lines with their codes.
    ///
    /// Known forms: Postfix, Haraka and others `queued as 4F1A2B`; Exim `OK id=1qXyZ-000abc-12`; Exchange
    /// `<…> [InternalId=123, Hostname=…] Queued mail for delivery`; Sendmail and OpenSMTPD `2.0.0 t5ABC Message accepted`;
    /// Google `OK 1699999999 a1-2b.3 - gsmtp`; Amazon `250 Ok 0102018b…`. Nil: none of these.
    package static func find(in lines: [String]) -> String? {
        for line in lines.reversed() {
            let text = String(line.dropFirst(4))
            if let found = after("queued as ", in: text) ?? after("InternalId=", in: text) ?? after("id=", in: text) { return found }
            let words = text.split(separator: " ").map(String.init).drop { isEnhancedCode($0) }
            if let found = bySentence(Array(words)) { return found }
        }
        return nil
    }

    /// What follows a mark, up to the identifier's end. Bytes, not characters: this runs for every message.
    private static func after(_ mark: String, in text: String) -> String? {
        let (text, mark) = (Array(text.utf8), Array(mark.utf8))
        guard let start = text.indices.dropLast(mark.count).first(where: { isMark(mark, at: $0, in: text) }) else { return nil }
        return checked(String(decoding: text[(start + mark.count)...].prefix { isIdentifier($0) }, as: UTF8.self))
    }

    /// In any case of letters, and as a word of its own: `id=` is not in `valid=yes`.
    private static func isMark(_ mark: [UInt8], at index: Int, in text: [UInt8]) -> Bool {
        guard index == 0 || !isLetterOrDigit(text[index - 1]) else { return false }
        return zip(mark, text[index...]).allSatisfy { $0 == $1 || ($0 ^ $1 == 0x20 && isLetterOrDigit($0)) }
    }

    private static func bySentence(_ words: [String]) -> String? {
        if words.count >= 3, words[1].lowercased() == "message", words[2].lowercased() == "accepted" { return checked(words[0]) }
        if words.count >= 4, words.last == "gsmtp" { return checked(words[words.count - 3]) }
        if words.count == 2, words[0].lowercased() == "ok" { return checked(words[1]) }
        return nil
    }

    /// RFC 3463: `2.0.0`.
    private static func isEnhancedCode(_ word: String) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "-._+/=".utf8.contains(byte) }

    /// Four characters at least, one a digit; a full stop at the end belongs to the sentence.
    private static func checked(_ text: String) -> String? {
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        let bytes = name.utf8
        return (4...200).contains(bytes.count) && bytes.contains { (0x30...0x39).contains($0) } && bytes.allSatisfy(isIdentifier)
            ? name : nil
    }
}
