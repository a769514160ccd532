import Crypto

/// Signs messages for a domain (RFC 6376), with RSA (RFC 8301) or Ed25519 (RFC 8463), relaxed/relaxed.
///
/// No `l=`: text could be added below the signed part. No `x=`: a convocation is looked at again years later.
package struct DKIMSigner: Sendable {
    /// `2026a` in `2026a._domainkey.agglo.example`.
    package let selector: String
    package let domain: String
    let key: SigningKey

    package init(selector: String, domain: String, key: SigningKey) throws(SigningFault) {
        switch key.kind {
        case .rsa(let bits): guard bits >= 2048 else { throw .tooSmall(bits: bits) }
        case .ed25519: break
        case .elliptic: throw .unsuitable("EC")
        case .other(let name): throw .unsuitable(name)
        }
        self.selector = selector
        self.domain = domain
        self.key = key
    }

    private var algorithm: String { key.kind == .ed25519 ? "ed25519-sha256" : "rsa-sha256" }

    /// Signed once more than they are there, so that nobody can add one that readers would show instead (RFC 6376 §8.15).
    private static let closed = [
        "from", "reply-to", "subject", "date", "to", "cc", "message-id", "in-reply-to", "references", "mime-version", "content-type",
    ]
    /// Signed where they are there; a list or a gateway may add its own.
    private static let open = ["auto-submitted", "list-id", "content-language"]

    /// The header field, with its line end, to put before `header`.
    /// - Parameters:
    ///   - bodyHash: of `RelaxedBody`.
    ///   - seconds: since 1970.
    func field(for header: SignedHeader, bodyHash: [UInt8], at seconds: Int) throws(SigningFault) -> [UInt8] {
        let names =
            Self.closed.flatMap { [String](repeating: $0, count: header.count(of: $0) + 1) } + Self.open.filter { header.count(of: $0) > 0 }
        var value: [UInt8] = Array("v=1; a=\(algorithm); c=relaxed/relaxed;\r\n d=\(domain);\r\n s=\(selector); t=\(seconds);\r\n h=".utf8)
        var column = 3
        for (index, name) in names.enumerated() {
            if index > 0 {
                value.append(UInt8(ascii: ":"))
                column += 1
                if column + name.utf8.count + 1 > MIMELine.limit {
                    value += MIMELine.fold
                    column = 1
                }
            }
            value += name.utf8
            column += name.utf8.count
        }
        value += ";\r\n bh=".utf8 + Base64.encode(bodyHash) + ";\r\n b=".utf8
        var signed = header.canonical(of: names)
        signed += SignedHeader.relaxed("dkim-signature", value[...])
        let text = Base64.encode(try key.signature(of: key.kind == .ed25519 ? Array(SHA256.hash(data: signed)) : signed))
        var field = Array("DKIM-Signature: ".utf8) + value
        var start = 0
        while start < text.count {
            let end = min(start + MIMELine.limit - (start == 0 ? 3 : 1), text.count)
            if start > 0 { field += MIMELine.fold }
            field += text[start..<end]
            start = end
        }
        return field + MIMELine.end
    }
}

/// The header of a message of ours, as DKIM reads it (RFC 6376 §3.4.2).
struct SignedHeader {
    private let fields: [(name: String, value: ArraySlice<UInt8>)]

    /// `header`: lines that end with CRLF, up to the empty one.
    init(_ header: ArraySlice<UInt8>) {
        var fields: [(String, ArraySlice<UInt8>)] = []
        var start = header.startIndex
        while start < header.endIndex {
            var end = start
            repeat {
                end = header[end...].firstIndex(of: 0x0A).map { $0 + 1 } ?? header.endIndex
            } while end < header.endIndex && RelaxedBody.isBlank(header[end])
            if let colon = header[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                fields.append((String(decoding: header[start..<colon], as: UTF8.self).lowercased(), header[(colon + 1)..<end]))
            }
            start = end
        }
        self.fields = fields
    }

    func count(of name: String) -> Int { fields.count { $0.name == name } }

    /// Those named, in the order of the names, from the last of its name upwards; a name too many adds nothing (§5.4.2).
    func canonical(of names: [String]) -> [UInt8] {
        var taken: [String: Int] = [:]
        var output: [UInt8] = []
        for name in names {
            let index = taken[name, default: 0]
            taken[name] = index + 1
            let same = fields.filter { $0.name == name }
            guard index < same.count else { continue }
            output += Self.relaxed(name, same[same.count - 1 - index].value) + MIMELine.end
        }
        return output
    }

    /// `name:value`, unfolded, each run of white space one space, none at either end.
    static func relaxed(_ name: String, _ value: ArraySlice<UInt8>) -> [UInt8] {
        var output = Array("\(name):".utf8)
        let start = output.count
        var pending = false
        for byte in value where byte != 0x0D && byte != 0x0A {
            if RelaxedBody.isBlank(byte) {
                pending = output.count > start
            } else {
                if pending { output.append(0x20) }
                pending = false
                output.append(byte)
            }
        }
        return output
    }
}

/// The body as DKIM hashes it (RFC 6376 §3.4.4): no white space at the ends of lines, one space for each run of it, no empty
/// lines at the end.
enum RelaxedBody {
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// SHA-256. Stretches that are canonical already, which is nearly everything, are hashed where they lie.
    static func hash(_ body: ArraySlice<UInt8>) -> [UInt8] {
        body.withUnsafeBytes { body in
            var digest = SHA256()
            let end = endOfText(body)
            let add = { (start: Int, end: Int) in digest.update(bufferPointer: UnsafeRawBufferPointer(rebasing: body[start..<end])) }
            var (start, index) = (0, 0)
            while index < end {
                guard isBlank(body[index]) else {
                    index += 1
                    continue
                }
                var next = index + 1
                while next < end, isBlank(body[next]) { next += 1 }
                let endsLine = next == end || (body[next] == 0x0D && next + 1 < end && body[next + 1] == 0x0A)
                if endsLine || next > index + 1 || body[index] == 0x09 {
                    add(start, index)
                    if !endsLine { digest.update(data: [0x20] as [UInt8]) }
                    start = next
                }
                index = next
            }
            add(start, end)
            if end > 0, body[end - 1] != 0x0A { digest.update(data: MIMELine.end) }
            return Array(digest.finalize())
        }
    }

    /// Where the empty lines at the end begin.
    private static func endOfText(_ body: UnsafeRawBufferPointer) -> Int {
        var end = body.count
        while end >= 2, body[end - 2] == 0x0D, body[end - 1] == 0x0A {
            var start = end - 2
            while start > 0, isBlank(body[start - 1]) { start -= 1 }
            guard start == 0 || body[start - 1] == 0x0A else { break }
            end = start
        }
        return end
    }
}
