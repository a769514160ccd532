import Council
import Crypto
import Foundation
import Hummingbird
import Templating

/// Renders pages and gives every answer its headers. What explains a refusal is rendered once, at start: it can be shown when
/// nothing else works, and costs a flood of bad links nothing.
struct Pages: Sendable {
    private let templates: TemplateSet
    private let settings: ReceptionSettings
    private let ready: [Language: [String: ByteBuffer]]
    private let policies: [Language: String]

    static let honeypot = "page/empty.html"

    init(settings: ReceptionSettings, templates: TemplateSet) throws(TemplateError) {
        self.settings = settings
        self.templates = templates
        var ready: [Language: [String: ByteBuffer]] = [:]
        var policies: [Language: String] = [:]
        for language in Language.allCases {
            let frame = Self.frame(settings, language)
            for name in Refusal.explained.map(\.template) + [Self.honeypot] {
                let text = try templates.render(name, language: language.rawValue, frame)
                ready[language, default: [:]][name] = ByteBuffer(string: text)
                policies[language] = Self.policy(ofPage: text)
            }
        }
        self.ready = ready
        self.policies = policies
    }

    /// What every page gives to the frame.
    private static func frame(_ settings: ReceptionSettings, _ language: Language) -> [String: TemplateValue] {
        [
            "authority": .text(settings.authorityName),
            "contact": .text(settings.contact.description),
            "languageLink": .list([["url": .text("?lang=" + language.other.rawValue)]]),
        ]
    }

    func refusal(_ refusal: Refusal, _ language: Language) -> Response {
        var response = still(refusal.template, language, status: refusal.status)
        response.headers.append(contentsOf: refusal.headers)
        return response
    }

    /// A page without values.
    func still(_ name: String, _ language: Language, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: headers(language), body: ResponseBody(byteBuffer: ready[language]?[name] ?? ByteBuffer()))
    }

    func page(
        _ name: String, _ language: Language, status: HTTPResponse.Status = .ok, _ fields: [String: TemplateValue]
    ) throws(TemplateError) -> Response {
        let context = Self.frame(settings, language).merging(fields) { $1 }
        let bytes = try templates.renderUTF8(name, language: language.rawValue, context)
        return Response(status: status, headers: headers(language), body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// To an address of ours. 303: whatever the method was, the browser goes on with GET.
    func redirect(to path: String) -> Response {
        var headers = Self.privateHeaders
        headers[.location] = path
        headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        return Response(status: .seeOther, headers: headers)
    }

    private func headers(_ language: Language) -> HTTPFields {
        var headers = Self.privateHeaders
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentLanguage] = language.rawValue
        headers[.contentSecurityPolicy] = policies[language]
        return headers
    }

    /// Behind a token nothing is for caches, search machines, other sites or the next site's logs.
    static let privateHeaders: HTTPFields = [
        .cacheControl: "no-store",
        .referrerPolicy: "no-referrer",
        .xContentTypeOptions: "nosniff",
        .robotsTag: "noindex, nofollow",
        .crossOriginResourcePolicy: "same-origin",
    ]

    /// Nothing may load or run but our own style sheet, named by its hash: also after an authority changed it.
    private static func policy(ofPage text: String) -> String {
        var style = "'none'"
        if let start = text.firstRange(of: "<style>"), let end = text[start.upperBound...].firstRange(of: "</style>") {
            let digest = SHA256.hash(data: Data(text[start.upperBound..<end.lowerBound].utf8))
            style = "'sha256-\(Data(digest).base64EncodedString())'"
        }
        return "default-src 'none'; style-src \(style); form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    }
}

extension Language {
    var other: Language { self == .french ? .english : .french }
}
