package import Foundation

/// What a server showed of itself in a TLS handshake. Nothing is believed here.
package struct PeerCertificate: Hashable, Sendable {
    package let subject: String
    package let issuer: String
    package let notAfter: Date
    /// The host names and addresses that it is for (`DNS:…`, `IP Address:…`), as OpenSSL writes them.
    package let names: String

    /// From the `name:value` lines of `CURLINFO_CERTINFO`; nil: they don't say when it ends.
    init?(lines: [String]) {
        func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 1).prefix(500)) }
        }
        guard let end = value("Expire date").flatMap(Self.date) else { return nil }
        notAfter = end
        subject = value("Subject") ?? ""
        issuer = value("Issuer") ?? ""
        names = value("X509v3 Subject Alternative Name") ?? ""
    }

    /// `Nov 26 15:00:00 2026 GMT`, as `ASN1_TIME_print` writes it.
    private static func date(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count >= 4, let month = months.firstIndex(of: String(words[0])), let day = Int32(words[1]), let year = Int32(words[3])
        else { return nil }
        let clock = words[2].split(separator: ":").compactMap { Int32($0.prefix { $0.isNumber }) }
        guard clock.count == 3 else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = Int32(month)
        parts.tm_mday = day
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}

extension EasyHandle {
    var peerCertificates: [PeerCertificate] { certificates.compactMap { PeerCertificate(lines: $0) } }
}
