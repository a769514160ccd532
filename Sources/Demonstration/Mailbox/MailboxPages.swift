package import Council
import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore
package import Templating

/// The embedded mailbox in the browser, under `/boite` (`/en/mailbox` in English): who got what, each message as a mail
/// program would show it, its headers, and its bytes. Only for loopback: it asks nobody who they are.
package struct MailboxPages: Sendable {
    private let shelf: MailShelf
    private let templates: TemplateSet
    private let authority: Authority

    package init(shelf: MailShelf, templates: TemplateSet, authority: Authority) {
        self.shelf = shelf
        self.templates = templates
        self.authority = authority
    }

    package static func root(_ language: Language) -> String {
        switch language {
        case .french: "/boite"
        case .english: "/en/mailbox"
        }
    }

    package func add<Context: RequestContext>(to router: some RouterMethods<Context>) {
        for language in Language.allCases {
            let root = Self.root(language)
            router.get("\(root)") { request, _ in try list(request, language) }
            router.get("\(root)/:id") { _, context in try message(context.parameters.get("id"), language) }
            router.get("\(root)/:id/html") { _, context in try html(context.parameters.get("id"), language) }
            router.get("\(root)/:id/brut") { _, context in try raw(context.parameters.get("id"), language) }
            router.get("\(root)/:id/piece/:part") { _, context in
                try attachment(context.parameters.get("id"), context.parameters.get("part"), language)
            }
        }
    }

    // MARK: Pages

    private func list(_ request: Request, _ language: Language) throws -> Response {
        let root = Self.root(language)
        let all = shelf.all
        let chosen = request.uri.queryParameters["a"].map { String($0) }
        let mailboxes = Dictionary(grouping: all.flatMap(\.recipients)) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
        let shown = all.reversed().filter { mail in chosen.map(mail.recipients.contains) ?? true }
        let context: [String: TemplateValue] = [
            "chosen": .list(chosen.map { [["address": .text($0), "all": .text(root)]] } ?? []),
            "isEmpty": .flag(shown.isEmpty),
            "count": .text(String(shown.count)),
            "mailboxes": .list(
                mailboxes.map { address, count in
                    [
                        "address": .text(address), "url": .text("\(root)?a=\(PercentEncoding.encode(address))"),
                        "count": .text(String(count)),
                    ]
                }),
            "mails": .list(
                shown.map { mail in
                    let parsed = MIMEMessage(headersOf: mail.bytes)
                    return summary(mail, parsed, language).merging(["url": .text("\(root)/\(mail.id)")]) { $1 }
                }),
        ]
        var response = try page("demo/mailbox.html", language, path: { Self.root($0) }, context)
        // Until something comes, look again by itself.
        if shown.isEmpty, let refresh = HTTPField.Name("Refresh") { response.headers[refresh] = "2" }
        return response
    }

    private func message(_ id: String?, _ language: Language) throws -> Response {
        guard let mail = find(id) else { return try missing(language) }
        let parsed = MIMEMessage(parsing: mail.bytes)
        let own = "\(Self.root(language))/\(mail.id)"
        let context: [String: TemplateValue] = [
            "mailbox": .text(Self.root(language)),
            "html": .list(parsed.html == nil ? [] : [["url": .text("\(own)/html")]]),
            "text": .list(parsed.text.map { [["text": .text($0)]] } ?? []),
            "attachments": .list(
                parsed.attachments.map { index, part in
                    [
                        "name": .text(Self.name(part)), "kilobytes": .text(Self.kilobytes(part.bytes.count)),
                        "mediaType": .text(part.mediaType), "url": .text("\(own)/piece/\(index)"),
                    ]
                }),
            "headers": .list(parsed.headers.map { ["name": .text($0.name), "value": .text($0.value)] }),
            "rawURL": .text("\(own)/brut"),
            "kilobytes": .text(Self.kilobytes(mail.bytes.count)),
        ]
        let summary = summary(mail, parsed, language)
        return try page(
            "demo/message.html", language, path: { "\(Self.root($0))/\(mail.id)" },
            context.merging(summary) { $1 })
    }

    /// The message's own HTML, alone in its frame: no script, nothing loaded from anywhere; its links open outside the frame.
    private func html(_ id: String?, _ language: Language) throws -> Response {
        guard let mail = find(id), let html = MIMEMessage(parsing: mail.bytes).html else { return try missing(language) }
        var response = Self.bytes(Array(("<base target=\"_blank\">" + html).utf8), "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox"
        return response
    }

    private func raw(_ id: String?, _ language: Language) throws -> Response {
        guard let mail = find(id) else { return try missing(language) }
        var response = Self.bytes(mail.bytes, "message/rfc822")
        response.headers[.contentDisposition] = "attachment; filename=\"\(mail.queueID).eml\""
        return response
    }

    private func attachment(_ id: String?, _ part: String?, _ language: Language) throws -> Response {
        guard let mail = find(id), let number = part.flatMap({ Int($0) }) else { return try missing(language) }
        let parts = MIMEMessage(parsing: mail.bytes).parts
        guard parts.indices.contains(number) else { return try missing(language) }
        // Never the message's own media type in our origin: it could be a page with a script.
        var response = Self.bytes(parts[number].bytes, "application/octet-stream")
        response.headers[.contentDisposition] = "attachment; filename*=UTF-8''\(PercentEncoding.encode(Self.name(parts[number])))"
        return response
    }

    private func missing(_ language: Language) throws -> Response {
        var response = try page("demo/missing.html", language, path: { Self.root($0) }, ["mailbox": .text(Self.root(language))])
        response.status = .notFound
        return response
    }

    // MARK: Pieces

    private func find(_ id: String?) -> ReceivedMail? { id.flatMap { Int($0) }.flatMap(shelf.mail) }

    private func summary(_ mail: ReceivedMail, _ parsed: MIMEMessage, _ language: Language) -> [String: TemplateValue] {
        let local = CivilDateTime(of: mail.receivedAt, in: authority.timeZone)
        let subject = parsed.decoded("subject") ?? ""
        return [
            "subject": .text(subject.isEmpty ? mail.queueID : subject),
            "from": .text(parsed.decoded("from") ?? mail.sender),
            "to": .text(parsed.decoded("to") ?? mail.recipients.joined(separator: ", ")),
            "time": .text(local.words(in: language)),
            "isoTime": .text(mail.receivedAt.ISO8601Format()),
        ]
    }

    private func page(
        _ name: String, _ language: Language, path: (Language) -> String, _ context: [String: TemplateValue]
    ) throws -> Response {
        let other: Language = language == .french ? .english : .french
        let frame: [String: TemplateValue] = [
            "authority": .text(authority.name), "languageLink": .list([["url": .text(path(other))]]),
        ]
        let html = try templates.render(name, language: language.rawValue, context.merging(frame) { $1 })
        var response = Self.bytes(Array(html.utf8), "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
        return response
    }

    private static func bytes(_ bytes: [UInt8], _ type: String) -> Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
        if let policy = HTTPField.Name("Referrer-Policy") { headers[policy] = "no-referrer" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func name(_ part: MIMEMessage.Part) -> String {
        part.fileName ?? part.mediaType.replacingOccurrences(of: "/", with: ".")
    }

    private static func kilobytes(_ count: Int) -> String { String(max(1, (count + 500) / 1000)) }
}
