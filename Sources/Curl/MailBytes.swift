/// A finished message that can go to any relay as it is: 7-bit, CRLF line ends, lines of at most 998 bytes before them
/// (RFC 5322 §2.1.1, §2.3), ended by CRLF. libcurl offers neither 8BITMIME nor any mending, and the bytes were hashed.
package struct MailBytes: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(checking bytes: [UInt8]) throws(MailBytesError) {
        let fault = bytes.withUnsafeBufferPointer { Self.firstFault(in: $0) }
        if let fault { throw fault }
        self.bytes = bytes
    }

    private static func firstFault(in bytes: UnsafeBufferPointer<UInt8>) -> MailBytesError? {
        guard bytes.count > 0 else { return .empty }
        var line = 1
        var length = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            // Nearly all are printable.
            if byte > 0x0D, byte < 0x80 {
                length += 1
                index += 1
                continue
            }
            if byte == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return .bareCR(line: line) }
                guard length <= 998 else { return .lineTooLong(line: line, length: length) }
                line += 1
                length = 0
                index += 2
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
