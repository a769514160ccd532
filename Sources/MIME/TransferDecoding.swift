import Foundation

/// Forgiving: what can't be decoded is left out or left as it is.
enum TransferDecoding {
    static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count / 4 * 3)
        var (buffer, bits): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            guard let value = value(of: byte) else {
                if byte == UInt8(ascii: "=") { break }
                continue
            }
            buffer = buffer << 6 | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            decoded.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
        return decoded
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte) - 0x41
        case 0x61...0x7A: UInt32(byte) - 0x61 + 26
        case 0x30...0x39: UInt32(byte) - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                decoded.append(byte)
                continue
            }
            if let high = rest.first.flatMap(hex), let low = rest.dropFirst().first.flatMap(hex) {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else if let end = rest.firstLine, end.allSatisfy({ [0x20, 0x09, 0x0D, 0x0A].contains($0) }) {
                // A soft line break.
                rest = rest.dropFirst(end.count)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    static func percent(_ text: some StringProtocol) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hex), let low = rest.dropFirst().first.flatMap(hex) {
                decoded.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

enum Charset {
    /// UTF-8 where it is UTF-8, whatever was declared; else Windows-1252, which holds Latin-1; UTF-16 and Latin-9 where they are
    /// declared.
    static func text(_ bytes: [UInt8], _ declared: String?) -> String {
        if let declared, declared.lowercased().hasPrefix("utf-16"), let text = String(bytes: bytes, encoding: .utf16) { return text }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        if declared?.lowercased() == "iso-8859-15" {
            return String(String.UnicodeScalarView(bytes.map { $0 == 0xA4 ? "€" : Unicode.Scalar($0) }))
        }
        // A handful of bytes have no meaning there.
        return String(bytes: bytes, encoding: .windowsCP1252) ?? String(bytes: bytes, encoding: .isoLatin1) ?? ""
    }
}
