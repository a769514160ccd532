import Foundation
import HTTPTypes
package import Hummingbird

/// The signals that one request carries in itself.
package enum RequestSignals {
    package static func of(_ request: Request) -> Set<Signal> {
        var signals: Set<Signal> = []
        if request.method == .head { signals.insert(.head) }
        if isPrefetch(request.headers) { signals.insert(.prefetch) }
        if !isNavigation(request.headers) { signals.insert(.notNavigation) }
        if (request.headers[.acceptLanguage] ?? "").allSatisfy(\.isWhitespace) { signals.insert(.noLanguage) }
        let agent = request.headers[.userAgent] ?? ""
        if agent.allSatisfy(\.isWhitespace) {
            signals.insert(.noAgent)
        } else if ScannerAgents.contains(agent) {
            signals.insert(.scanner)
        }
        return signals
    }

    /// Sec-Purpose (Fetch standard), its forerunners Purpose (Chromium) and X-Purpose (Safari), X-Moz (Firefox).
    private static func isPrefetch(_ headers: HTTPFields) -> Bool {
        for name in [HTTPField.Name.secPurpose, .purpose, .xPurpose, .xMoz] {
            guard let value = headers[name]?.lowercased() else { continue }
            if value.contains("prefetch") || value.contains("prerender") || value.contains("preview") { return true }
        }
        return false
    }

    /// Browsers since 2023 say what a request is for (Fetch Metadata). Silence says nothing.
    private static func isNavigation(_ headers: HTTPFields) -> Bool {
        if let mode = headers[.secFetchMode], mode.lowercased() != "navigate" { return false }
        if let destination = headers[.secFetchDest], destination.lowercased() != "document" { return false }
        return true
    }

    /// A form that another site's page sends.
    static func isCrossSite(_ request: Request) -> Bool {
        request.headers[.secFetchSite]?.lowercased() == "cross-site"
    }
}

/// Programs that fetch links in mail, by words in their User-Agent. Many more disguise themselves as browsers: that is what the other
/// signals and the button are for.
enum ScannerAgents {
    static func contains(_ agent: String) -> Bool {
        let agent = agent.lowercased()
        return words.contains { agent.contains($0) }
    }

    private static let words = [
        // Mail gateways, antivirus, link checkers.
        "proofpoint", "mimecast", "barracuda", "safelinks", "cloudmark", "vadesecure", "forcepoint", "fortinet", "fortimail",
        "zscaler", "trendmicro", "trend micro", "symantec", "messagelabs", "sophos", "ironport", "cisco-esa", "kaspersky", "bitdefender",
        "spamassassin", "rspamd", "virustotal", "urlscan", "phishtank", "netcraft", "microsoft office", "ms-office", "msoffice",
        "microsoft-webdav", "existence discovery", "protocol discovery", "linkcheck", "link check", "mailscanner",
        // Previews in mail and chat programs, image proxies.
        "bingpreview", "skypeuripreview", "googleimageproxy", "yahoomailproxy", "ymailproxy", "facebookexternalhit", "whatsapp/",
        "embedly", "iframely", "slack-imgproxy", "outlookmobile-preview",
        // Crawlers; not a bare "bot", which is part of the name of a maker of telephones (CUBOT).
        "+http", "bot/", "bot;", "bot)", "-bot", "googlebot", "bingbot", "crawler", "spider", "headlesschrome", "phantomjs",
        // Programs' own clients.
        "curl/", "wget", "python-", "python/", "aiohttp", "httpx", "go-http-client", "java/", "okhttp", "apache-httpclient",
        "libwww", "lwp::", "node-fetch", "axios/", "undici", "guzzle", "ruby", "postmanruntime", "scrapy", "powershell", "winhttp",
    ]
}

extension HTTPField.Name {
    private static func named(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is not a header name: a mistake in this file") }
        return field
    }

    static let secPurpose = named("Sec-Purpose")
    static let purpose = named("Purpose")
    static let xPurpose = named("X-Purpose")
    static let xMoz = named("X-Moz")
    static let secFetchMode = named("Sec-Fetch-Mode")
    static let secFetchDest = named("Sec-Fetch-Dest")
    static let secFetchSite = named("Sec-Fetch-Site")
    static let referrerPolicy = named("Referrer-Policy")
    static let robotsTag = named("X-Robots-Tag")
    static let crossOriginResourcePolicy = named("Cross-Origin-Resource-Policy")
}
