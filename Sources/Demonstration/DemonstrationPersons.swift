import Council
package import Curl
import Foundation

/// People and a robot for the unattended demonstration: they take a message from the mailbox, look at its HTML as a mail program
/// shows it, and press what they see.
package struct DemonstrationPersons: Sendable {
    /// What came of pressing one link.
    package struct Visit: Hashable, Sendable {
        package let url: String
        /// Of each answer on the way: `[303, 200]`.
        package let statuses: [Int]
        /// The page asked to press a button, and it was pressed.
        package let pressedButton: Bool
        /// What was reached in the end.
        package let mediaType: String
        package let size: Int
    }

    package enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case noHTML(mail: Int)
        case noLink(mail: Int)
        /// An answer that no browser would know what to do with.
        case badAddress(String)
        case tooManySteps(String)

        package var description: String {
            switch self {
            case .noHTML(let mail): "message \(mail) has no HTML part"
            case .noLink(let mail): "message \(mail) shows no link to press"
            case .badAddress(let url): "not an address that a browser can go to: \(url)"
            case .tooManySteps(let url): "too many redirects from \(url)"
            }
        }
    }

    private static let browser: [HTTPClient.Header] = [
        HTTPClient.Header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        HTTPClient.Header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        HTTPClient.Header("Accept-Language", "fr-FR,fr;q=0.8,en;q=0.5"),
        HTTPClient.Header("Sec-Fetch-Dest", "document"),
        HTTPClient.Header("Sec-Fetch-Mode", "navigate"),
        HTTPClient.Header("Sec-Fetch-User", "?1"),
        HTTPClient.Header("Upgrade-Insecure-Requests", "1"),
    ]

    /// What a mail gateway sends: a browser's name, and no language.
    private static let gateway: [HTTPClient.Header] = [
        HTTPClient.Header("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"),
        HTTPClient.Header("Accept", "*/*"),
    ]

    private let client: HTTPClient

    package init(client: HTTPClient) { self.client = client }

    /// Links of a message, in order; `isHidden` ones no person sees. Only web addresses.
    package static func links(in mail: ReceivedMail) throws(Fault) -> [PageLink] {
        guard let html = MIMEMessage(parsing: mail.bytes).html else { throw .noHTML(mail: mail.id) }
        return PressablePage(html: html).links.filter { $0.url.hasPrefix("https://") || $0.url.hasPrefix("http://") }
    }

    /// A person opens the message and presses its `choice`-th visible link that `matches`, and the button if there is one.
    package func open(
        _ mail: ReceivedMail, choice: Int = 0, where matches: (PageLink) -> Bool = { _ in true }
    ) async throws -> Visit {
        let visible = try Self.links(in: mail).filter { !$0.isHidden && matches($0) }
        guard visible.indices.contains(choice) else { throw Fault.noLink(mail: mail.id) }
        return try await press(visible[choice].url)
    }

    /// Presses one link as a person does, and follows where it leads.
    package func press(_ url: String) async throws -> Visit {
        var statuses: [Int] = []
        var (address, answer) = try await follow(HTTPClient.Request(.get, url, headers: Self.browser + Self.site("none")), &statuses)
        var pressed = false
        if answer.status == 200, Self.isPage(answer),
            let form = PressablePage(html: answer.text).forms.first(where: { $0.method == "POST" })
        {
            let target = try Self.resolve(form.action.isEmpty ? address : form.action, from: address)
            let headers = Self.browser + Self.site("same-origin") + [HTTPClient.Header("Content-Type", "application/x-www-form-urlencoded")]
            let request = HTTPClient.Request(.post, target, headers: headers, body: Self.encoded(form.fields))
            (address, answer) = try await follow(request, &statuses)
            pressed = true
        }
        return Visit(
            url: url, statuses: statuses, pressedButton: pressed, mediaType: answer.header("Content-Type") ?? "", size: answer.body.count)
    }

    /// A mail gateway that looks into the message before the member does: HEAD, then GET without a language, on every link,
    /// hidden ones too, and no button.
    package func scan(_ mail: ReceivedMail) async throws -> [Visit] {
        var visits: [Visit] = []
        for link in try Self.links(in: mail) {
            let head = try await client.perform(HTTPClient.Request(.head, link.url, headers: Self.gateway))
            let answer = try await client.perform(HTTPClient.Request(.get, link.url, headers: Self.gateway))
            visits.append(
                Visit(
                    url: link.url, statuses: [head.status, answer.status], pressedButton: false,
                    mediaType: answer.header("Content-Type") ?? "", size: answer.body.count))
        }
        return visits
    }

    // MARK: A browser's manners

    /// Follows redirects with GET, as browsers do after 303.
    private func follow(_ first: HTTPClient.Request, _ statuses: inout [Int]) async throws -> (String, HTTPClient.Answer) {
        var request = first
        for _ in 0..<6 {
            let answer = try await client.perform(request)
            statuses.append(answer.status)
            guard (301...303).contains(answer.status), let location = answer.header("Location") else { return (request.url, answer) }
            let next = try Self.resolve(location, from: request.url)
            request = HTTPClient.Request(.get, next, headers: Self.browser + Self.site("same-origin"))
        }
        throw Fault.tooManySteps(first.url)
    }

    private static func site(_ value: String) -> [HTTPClient.Header] { [HTTPClient.Header("Sec-Fetch-Site", value)] }

    private static func resolve(_ address: String, from base: String) throws(Fault) -> String {
        guard let url = URL(string: address, relativeTo: URL(string: base)), let scheme = url.scheme, ["http", "https"].contains(scheme)
        else { throw .badAddress(address) }
        return url.absoluteString
    }

    private static func isPage(_ answer: HTTPClient.Answer) -> Bool {
        answer.header("Content-Type")?.lowercased().hasPrefix("text/html") ?? false
    }

    private static func encoded(_ fields: [PageForm.Field]) -> [UInt8] {
        Array(fields.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&").utf8)
    }
}
