import Foundation

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

    private static func after(_ mark: String, in text: String) -> String? {
        guard let range = text.range(of: mark, options: .caseInsensitive) else { return nil }
        // `id=` must be a word of its own.
        if range.lowerBound > text.startIndex {
            let before = text[text.index(before: range.lowerBound)]
            guard !before.isLetter, !before.isNumber else { return nil }
        }
        return checked(text[range.upperBound...].prefix { isIdentifier($0) })
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

    private static func isIdentifier(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-._+/=".contains(character))
    }

    /// Four characters at least, one a digit; a full stop at the end belongs to the sentence.
    private static func checked(_ text: some StringProtocol) -> String? {
        let name = String(text.reversed().drop { $0 == "." }.reversed())
        return name.count >= 4 && name.count <= 200 && name.contains(where: \.isNumber) && name.allSatisfy(isIdentifier) ? name : nil
    }
}
