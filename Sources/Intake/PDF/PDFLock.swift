import COpenSSL
import Crypto

/// Whether a PDF opens without a password: one that doesn't is on the agenda and nobody can read it.
///
/// ISO 32000-2, 7.6: a file that only restricts printing or copying is encrypted as well, under the empty user password.
struct PDFLock {
    let size: Int64
    let read: (_ count: Int, _ place: Int64) throws(FolderFault) -> [UInt8]

    /// False also where the file's structure is none that we know: whether it is a whole PDF is another question.
    func needsPassword() throws(FolderFault) -> Bool {
        guard let trailer = try trailer(), let reference = trailer["Encrypt"] else { return false }
        var encryption: PDFObject? = reference
        if case .reference(let number, let generation) = reference { encryption = try object(number, generation) }
        guard let encryption, case .name(let filter)? = encryption["Filter"] else { return false }
        // Opened by somebody's certificate.
        guard filter == "Standard" else { return true }
        var first: [UInt8] = []
        if case .array(let identifiers)? = trailer["ID"] { first = identifiers.first?.string ?? [] }
        return EmptyPassword(encryption, identifier: first).map { !$0.opens } ?? false
    }

    private static let window = 1 << 20

    /// The last one: a table's, or the dictionary of a stream of cross-references.
    private func trailer() throws(FolderFault) -> PDFObject? {
        let tail = try read(2048, max(0, size - 2048))
        guard let mark = Self.last("startxref", in: tail) else { return nil }
        var number = PDFObjectReader(tail, at: mark + "startxref".utf8.count)
        guard let place = number.next()?.number, place >= 0, Int64(place) < size else { return nil }
        let head = try read(Self.window, Int64(place))
        var reader = PDFObjectReader(head)
        if reader.next() == .word("xref") {
            if let mark = Self.first("trailer", in: head) {
                reader = PDFObjectReader(head, at: mark + "trailer".utf8.count)
            } else {
                // A table of more than a megabyte: its trailer stands right before the end.
                let end = try read(65_536, max(0, size - 65_536))
                guard let mark = Self.last("trailer", in: end) else { return nil }
                reader = PDFObjectReader(end, at: mark + "trailer".utf8.count)
            }
            return reader.next()
        }
        // `12 0 obj`
        guard reader.next() != nil, reader.next() == .word("obj") else { return nil }
        return reader.next()
    }

    /// Found by its text: an encryption dictionary is in no compressed stream (7.5.7).
    private func object(_ number: Int, _ generation: Int) throws(FolderFault) -> PDFObject? {
        let text = "\(number) \(generation) obj"
        var found: PDFObject?
        var place: Int64 = 0
        while place < size {
            let part = try read(Self.window, place)
            var start = 0
            while let mark = Self.first(text, in: part, from: start) {
                start = mark + 1
                if mark > 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(part[mark - 1]) { continue }
                // It may go on in the next window.
                let whole = try read(65_536, place + Int64(mark))
                var reader = PDFObjectReader(whole, at: text.utf8.count)
                if let object = reader.next(), object["Filter"] != nil { found = object }
            }
            guard part.count == Self.window else { break }
            place += Int64(Self.window - text.utf8.count - 1)
        }
        return found
    }

    private static func first(_ text: String, in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes[start...].firstRange(of: Array(text.utf8))?.lowerBound
    }

    private static func last(_ text: String, in bytes: [UInt8]) -> Int? {
        var found: Int?
        while let next = first(text, in: bytes, from: found.map { $0 + 1 } ?? 0) { found = next }
        return found
    }
}

/// The standard security handler's check of the user password (7.6.4), for the empty one.
private struct EmptyPassword {
    private let revision: Int
    private let owner: [UInt8]
    private let user: [UInt8]
    private let permissions: UInt32
    private let keySize: Int
    private let hidesMetadata: Bool
    private let identifier: [UInt8]

    /// Nil: not of a revision that is known.
    init?(_ encryption: PDFObject, identifier: [UInt8]) {
        guard let revision = encryption["R"]?.number, (2...6).contains(revision), let owner = encryption["O"]?.string,
            let user = encryption["U"]?.string, let permissions = encryption["P"]?.number,
            owner.count >= 32, user.count >= (revision >= 5 ? 40 : 32)
        else { return nil }
        (self.revision, self.owner, self.user, self.identifier) = (revision, owner, user, identifier)
        self.permissions = UInt32(truncatingIfNeeded: permissions)
        hidesMetadata = encryption["EncryptMetadata"] != .word("false")
        let bits = encryption["V"]?.number == 4 ? 128 : encryption["Length"]?.number ?? 40
        keySize = revision == 2 ? 5 : min(max(bits / 8, 5), 16)
    }

    var opens: Bool {
        switch revision {
        case 2: return Array(user.prefix(32)) == Self.rc4(key, Self.padding)
        case 3, 4:
            var text = Array(Insecure.MD5.hash(data: Self.padding + identifier))
            for round in 0..<20 { text = Self.rc4(key.map { $0 ^ UInt8(round) }, text) }
            return Array(user.prefix(16)) == text
        case 5: return Array(user.prefix(32)) == Array(SHA256.hash(data: user[32..<40]))
        default: return Array(user.prefix(32)) == Self.hardened(salt: Array(user[32..<40]))
        }
    }

    /// Algorithm 2.
    private var key: [UInt8] {
        var text = Self.padding + owner.prefix(32)
        for shift in stride(from: 0, to: 32, by: 8) { text.append(UInt8(truncatingIfNeeded: permissions >> UInt32(shift))) }
        text += identifier
        if revision >= 4, !hidesMetadata { text += [0xFF, 0xFF, 0xFF, 0xFF] }
        var hash = Array(Insecure.MD5.hash(data: text))
        if revision >= 3 { for _ in 0..<50 { hash = Array(Insecure.MD5.hash(data: hash.prefix(keySize))) } }
        return Array(hash.prefix(keySize))
    }

    /// Algorithm 2.B, of the empty password; nil: no AES.
    private static func hardened(salt: [UInt8]) -> [UInt8]? {
        var key = Array(SHA256.hash(data: salt))
        var (round, last) = (0, UInt8(0))
        while round < 64 || Int(last) > round - 32 {
            let text = [[UInt8]](repeating: key, count: 64).flatMap(\.self)
            guard let cipher = aes128(key: Array(key[..<16]), iv: Array(key[16..<32]), text) else { return nil }
            switch cipher.prefix(16).reduce(0, { $0 + Int($1) }) % 3 {
            case 0: key = Array(SHA256.hash(data: cipher))
            case 1: key = Array(SHA384.hash(data: cipher))
            default: key = Array(SHA512.hash(data: cipher))
            }
            last = cipher[cipher.count - 1]
            round += 1
        }
        return Array(key.prefix(32))
    }

    /// CBC without padding.
    private static func aes128(key: [UInt8], iv: [UInt8], _ text: [UInt8]) -> [UInt8]? {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        var cipher = [UInt8](repeating: 0, count: text.count)
        var count: Int32 = 0
        guard EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nil, key, iv) == 1, EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_EncryptUpdate(context, &cipher, &count, text, Int32(text.count)) == 1, Int(count) == text.count
        else { return nil }
        return cipher
    }

    private static func rc4(_ key: [UInt8], _ text: [UInt8]) -> [UInt8] {
        var state = Array(UInt8.min...UInt8.max)
        var j = 0
        for i in 0..<256 {
            j = (j + Int(state[i]) + Int(key[i % key.count])) & 255
            state.swapAt(i, j)
        }
        var i = 0
        j = 0
        return text.map { byte in
            i = (i + 1) & 255
            j = (j + Int(state[i])) & 255
            state.swapAt(i, j)
            return byte ^ state[(Int(state[i]) + Int(state[j])) & 255]
        }
    }

    private static let padding: [UInt8] = [
        0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
        0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
    ]
}
