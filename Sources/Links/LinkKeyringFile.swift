import Foundation

/// The ring's text file (`keys/links.keys`, mode 0600): one key a line, the last one signs.
///
///     1 2026-11-02T08:30:00Z qL8R4QIcQ_ZsRqOAbeRfcZhilN_MksRtDaErMA-3I9o
extension LinkKeyring {
    package var serialized: String {
        var text = "# Link keys: number, creation time, secret. The last one signs, all verify. Never show this file to anyone.\n"
        for key in keys {
            text += "\(key.id) \(key.createdAt.formatted(.iso8601)) \(Base64URL.encode(key.secret))\n"
        }
        return text
    }

    /// Empty lines and lines that begin with `#` are skipped; anything else must be a key.
    package init(parsing text: String) throws(LinkKeyringError) {
        var keys: [LinkKey] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard !line.hasPrefix("#"), line.contains(where: { $0 != " " && $0 != "\t" }) else { continue }
            keys.append(try Self.key(line, number: index + 1))
        }
        try self.init(keys: keys)
    }

    private static func key(_ line: Substring, number: Int) throws(LinkKeyringError) -> LinkKey {
        let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard fields.count == 3 else { throw .line(number, .fields) }
        guard let id = UInt8(fields[0]) else { throw .line(number, .id) }
        let createdAt: Date
        do { createdAt = try Date(String(fields[1]), strategy: .iso8601) } catch { throw .line(number, .date) }
        guard let secret = Base64URL.decode(fields[2]), secret.count == LinkKey.secretSize else { throw .line(number, .secret) }
        return try LinkKey(id: id, secret: secret, createdAt: createdAt)
    }
}
