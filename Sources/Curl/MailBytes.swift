/// A finished message that can go to any relay as it is: 7-bit, CRLF line ends, lines of at most 998 bytes before them
/// (RFC 5322 §2.1.1, §2.3), ended by CRLF. libcurl offers neither 8BITMIME nor any mending, and the bytes were hashed.
package struct MailBytes: Hashable, Sendable {
    package let bytes: [UInt8]
    /// Lines begin with a dot, which SMTP doubles (RFC 5321 §4.5.2).
    let hasLeadingDots: Bool

    package init(checking bytes: [UInt8]) throws(MailBytesError) {
        var hasLeadingDots = false
        let fault = bytes.withUnsafeBufferPointer { Self.firstFault(in: $0, &hasLeadingDots) }
        if let fault { throw fault }
        self.bytes = bytes
        self.hasLeadingDots = hasLeadingDots
    }

    /// Appends these bytes with a dot before each that begins a line.
    func appendStuffed(_ range: Range<Int>, to out: inout [UInt8]) {
        for index in range {
            if bytes[index] == UInt8(ascii: "."), index == 0 || bytes[index - 1] == 0x0A { out.append(UInt8(ascii: ".")) }
            out.append(bytes[index])
        }
    }

    private static func firstFault(in bytes: UnsafeBufferPointer<UInt8>, _ hasLeadingDots: inout Bool) -> MailBytesError? {
        guard bytes.count > 0 else { return .empty }
        hasLeadingDots = bytes[0] == UInt8(ascii: ".")
        var line = 1
        var length = 0
        var index = 0
        while index < bytes.count {
            let plain = plainBytes(in: bytes, from: index)
            length += plain
            index += plain
            guard index < bytes.count else { break }
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return .bareCR(line: line) }
                guard length <= 998 else { return .lineTooLong(line: line, length: length) }
                line += 1
                length = 0
                index += 2
                if index < bytes.count, bytes[index] == UInt8(ascii: ".") { hasLeadingDots = true }
                continue
            }
            guard byte != 0x0A else { return .bareLF(line: line) }
            guard byte != 0 else { return .nul(line: line) }
            guard byte < 0x80 else { return .eightBit(line: line) }
            length += 1
            index += 1
        }
        return length == 0 ? nil : .noFinalCRLF
    }

    /// How many bytes from there on are above CR and 7-bit, as nearly all are: eight at a time.
    private static func plainBytes(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        let tops: UInt64 = 0x8080_8080_8080_8080
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // The top bit of each byte below 0x0E, right up to the first of them, and of each above 0x7F.
            let odd = (((word &- 0x0E0E_0E0E_0E0E_0E0E) & ~word) | word) & tops
            guard odd == 0 else { return index - start + odd.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, bytes[index] > 0x0D, bytes[index] < 0x80 { index += 1 }
        return index - start
    }
}

/// Why a message can't be given to a relay; lines count from 1.
package enum MailBytesError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case nul(line: Int)
    case eightBit(line: Int)
    case bareCR(line: Int)
    case bareLF(line: Int)
    case lineTooLong(line: Int, length: Int)
    case noFinalCRLF

    package var description: String {
        switch self {
        case .empty: "the message is empty"
        case .nul(let line): "the message's line \(line) holds a NUL byte"
        case .eightBit(let line): "the message's line \(line) holds a byte above 127"
        case .bareCR(let line): "the message's line \(line) holds a CR without LF"
        case .bareLF(let line): "the message's line \(line) holds a LF without CR"
        case .lineTooLong(let line, let length): "the message's line \(line) has \(length) bytes; 998 are allowed"
        case .noFinalCRLF: "the message's last line has no CRLF"
        }
    }
}
