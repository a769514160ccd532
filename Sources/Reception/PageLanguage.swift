package import Council
import Foundation
import Hummingbird

/// The language that a page speaks: as chosen on the page itself, else the member's, else what the browser asks for, else French.
package enum PageLanguage {
    static func of(_ request: Request, member: Member? = nil) -> Language {
        chosen(request) ?? member?.entry.language ?? preferred(request.headers[.acceptLanguage] ?? "")
    }

    private static func chosen(_ request: Request) -> Language? {
        guard request.uri.query != nil, let code = request.uri.queryParameters["lang"] else { return nil }
        return Language(rawValue: String(code))
    }

    /// RFC 9110 §12.5.4; of equal weights, the first. What is neither French nor English is passed over.
    package static func preferred(_ header: String) -> Language {
        var best: (language: Language, weight: Double)?
        for part in header.prefix(512).split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let range = pieces.first, let language = Language(rawValue: String(range.prefix { $0 != "-" })) else { continue }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }
            let weight = quality.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language ?? .french
    }
}
