import Foundation

/// Several objects of one kind as PEM (RFC 7468), in one form only: no text around, lines of 64 characters, a newline at each end.
/// So no byte of such a file can change without its being seen.
enum PEMText {
    static let certificate = "CERTIFICATE"
    static let revocationList = "X509 CRL"

    static func of(_ objects: [[UInt8]], _ label: String) -> [UInt8] {
        var text = ""
        for der in objects {
            text += "-----BEGIN \(label)-----\n"
            var rest = Data(der).base64EncodedString()[...]
            while !rest.isEmpty {
                text += rest.prefix(64) + "\n"
                rest = rest.dropFirst(64)
            }
            text += "-----END \(label)-----\n"
        }
        return Array(text.utf8)
    }

    /// Nil: it isn't what `of` writes, or holds nothing.
    static func objects(in bytes: [UInt8], _ label: String) -> [[UInt8]]? {
        var objects: [[UInt8]] = []
        var base64: String?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line == "-----BEGIN \(label)-----" {
                base64 = ""
            } else if line == "-----END \(label)-----" {
                guard let text = base64, let der = Data(base64Encoded: text), !der.isEmpty else { return nil }
                objects.append(Array(der))
                base64 = nil
            } else {
                base64?.append(contentsOf: line)
            }
        }
        return !objects.isEmpty && of(objects, label) == bytes ? objects : nil
    }
}
