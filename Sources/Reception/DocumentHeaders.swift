import Council
import Foundation
import Hummingbird

/// How a document is labelled for the browser.
enum DocumentHeaders {
    /// The hash of the bytes: strong, and the same for ever.
    static func tag(of document: Document) -> String { "\"\(document.hash.hex)\"" }

    static func of(_ document: Document) -> HTTPFields {
        var headers = Pages.privateHeaders
        // A reader may keep its copy, if it asks each time whether it still may; a confidential one is kept nowhere.
        headers[.cacheControl] = document.confidential ? "no-store" : "private, no-cache"
        headers[.eTag] = tag(of: document)
        headers[.acceptRanges] = "bytes"
        let type = mediaType(document.mediaType)
        headers[.contentType] = type == "text/plain" ? "text/plain; charset=utf-8" : type
        headers[.contentDisposition] = DocumentName.disposition(document.fileName, inline: inlineTypes.contains(type))
        // Nothing in it may run as a page of ours. (A PDF is shown by the browser's own reader, which a sandbox would stop.)
        headers[.contentSecurityPolicy] =
            type == "application/pdf"
            ? "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"
            : "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox; frame-ancestors 'none'"
        return headers
    }

    /// What a browser shows without running anything of it. HTML and SVG are not among them.
    private static let inlineTypes: Set<String> = [
        "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain",
    ]

    /// The bare type in lower case; bytes of no known kind when it isn't one (RFC 9110 §8.3.1).
    private static func mediaType(_ text: String) -> String {
        let bare = text.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        let parts = bare.split(separator: "/", omittingEmptySubsequences: false)
        let isToken = { (part: Substring) in
            !part.isEmpty
                && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "!#$&^_.+-".utf8.contains($0) }
        }
        return parts.count == 2 && parts.allSatisfy(isToken) ? bare : "application/octet-stream"
    }
}

extension HTTPFields {
    /// For an answer that carries no document.
    var withoutContent: HTTPFields {
        var fields = self
        fields[.contentType] = nil
        fields[.contentDisposition] = nil
        return fields
    }
}

/// A document's name in an address and in Content-Disposition. It came from a clerk's disk and may hold anything.
enum DocumentName {
    static func pathComponent(_ name: String) -> String {
        // A browser would take dots for a folder.
        name.allSatisfy { $0 == "." } ? "document" : PercentEncoding.encode(name)
    }

    /// RFC 6266, with the name twice: plain ASCII for old programs, UTF-8 (RFC 8187) for all others.
    static func disposition(_ name: String, inline: Bool) -> String {
        let kind = inline ? "inline" : "attachment"
        return "\(kind); filename=\"\(plain(name))\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
    }

    /// Letters without their accents; what can't be said in ASCII, or could end or escape the quoted text, is an underscore.
    private static func plain(_ name: String) -> String {
        var result = ""
        for scalar in name.decomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.properties.generalCategory == .nonspacingMark { continue }
            let isSafe = scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F && !"\"\\%/".unicodeScalars.contains(scalar)
            result.unicodeScalars.append(isSafe ? scalar : "_")
        }
        return result.isEmpty ? "document" : result
    }
}
