import Foundation

/// The time that a timestamp authority attests, read from its reply (RFC 3161 §2.4.2) to be shown. Read, not verified: it was
/// verified when it was received, and whoever doubts it verifies the file.
///
///     TimeStampResp → timeStampToken (CMS SignedData) → encapContentInfo → TSTInfo → genTime
enum TimestampTime {
    static func of(reply bytes: [UInt8]) -> Date? {
        guard let reply = DER(bytes[...]), reply.tag == 0x30,
            let contentInfo = reply.children.dropFirst().first, contentInfo.tag == 0x30,
            let explicit = contentInfo.children.dropFirst().first, explicit.tag == 0xA0,
            let signedData = explicit.children.first, signedData.tag == 0x30,
            // SignedData: version, digestAlgorithms, encapContentInfo…
            let encapsulated = signedData.children.dropFirst(2).first, encapsulated.tag == 0x30,
            let content = encapsulated.children.dropFirst().first, content.tag == 0xA0,
            let octets = content.children.first, octets.tag == 0x04,
            let info = DER(octets.content), info.tag == 0x30,
            let time = info.children.first(where: { $0.tag == 0x18 })
        else { return nil }
        return date(String(decoding: time.content, as: UTF8.self))
    }

    /// `20261209182207Z`, with or without a fraction.
    private static func date(_ text: String) -> Date? {
        let digits = text.prefix { $0 != "." && $0 != "Z" }
        guard text.hasSuffix("Z"), digits.count == 14, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let d = Array(digits).map(String.init)
        let iso =
            "\(d[0...3].joined())-\(d[4...5].joined())-\(d[6...7].joined())T\(d[8...9].joined()):\(d[10...11].joined()):\(d[12...13].joined())Z"
        return try? Date(iso, strategy: .iso8601)  // Digits that are no date: nothing to show.
    }
}

/// One element of DER (X.690), lengths checked against what is there.
private struct DER {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    /// After this element.
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        var index = bytes.startIndex + 2
        var length = Int(bytes[bytes.startIndex + 1])
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...4).contains(count), bytes.endIndex - index >= count else { return nil }
            length = bytes[index..<(index + count)].reduce(0) { $0 << 8 | Int($1) }
            index += count
        }
        guard bytes.endIndex - index >= length else { return nil }
        tag = bytes[bytes.startIndex]
        content = bytes[index..<(index + length)]
        rest = bytes[(index + length)...]
    }

    var children: [DER] {
        var list: [DER] = []
        var bytes = content
        while let child = DER(bytes) {
            list.append(child)
            bytes = child.rest
        }
        return list
    }
}
