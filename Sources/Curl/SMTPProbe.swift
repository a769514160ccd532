import CCurl
import Foundation

/// What one look at a relay showed, without any message: its replies up to NOOP, and its certificate.
package struct SMTPProbe: Sendable {
    /// What a look does, beyond what the relay's settings say.
    package struct Manner: Hashable, Sendable {
        /// False: takes any certificate, to read what is wrong with it. Then never with the account's secrets.
        package let verifies: Bool
        /// False: without the account, where it can't be shown.
        package let hasAccount: Bool
        package let timeout: Duration

        package init(verifies: Bool = true, hasAccount: Bool = true, timeout: Duration) {
            self.verifies = verifies
            self.hasAccount = hasAccount
            self.timeout = timeout
        }
    }

    /// Nil: it went well, to the end.
    package let fault: CurlFault?
    package let replies: [SMTPDialogue.Reply]
    /// What EHLO offered, in upper case; nil: the conversation didn't come so far.
    package let capabilities: [String]?
    package let tls: TLSDetails?
    /// The relay's own first. Empty: no TLS, or it was refused.
    package let certificates: [PeerCertificate]

    /// Greeting, EHLO, STARTTLS, AUTH, NOOP, QUIT, as the relay's settings have it; on a thread of its own. Cancelling ends it
    /// within about a second. `token`: what the relay's credentials take instead of a password.
    package static func look(at relay: SMTPRelay, _ manner: Manner, token: String? = nil) async -> SMTPProbe {
        let abort = AbortFlag()
        return await withTaskCancellationHandler {
            await HandleThreads<EasyHandle>(count: 1, name: "probe", idle: .seconds(1)).run { _ in
                do throws(CurlFault) {
                    return try look(at: relay, manner, token, abort)
                } catch {
                    return SMTPProbe(fault: error, replies: [], capabilities: nil, tls: nil, certificates: [])
                }
            }
        } onCancel: {
            abort.raise()
        }
    }

    private static func look(at relay: SMTPRelay, _ manner: Manner, _ token: String?, _ abort: AbortFlag) throws(CurlFault) -> SMTPProbe {
        let exchange = SMTPExchange(abort: abort)
        let result: Result<SMTPProbe, CurlFault> = withExtendedLifetime(exchange) {
            // The handle ends in here: before what it calls.
            do throws(CurlFault) { return .success(try look(at: relay, manner, token, exchange)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func look(at relay: SMTPRelay, _ manner: Manner, _ token: String?, _ exchange: SMTPExchange) throws(CurlFault)
        -> SMTPProbe
    {
        let handle = try EasyHandle()
        exchange.begin(inspector: handle.tlsInspector)
        try set(relay, manner, on: handle)
        if let token, manner.verifies, manner.hasAccount { try handle.set(CURLOPT_XOAUTH2_BEARER, token) }
        try SMTPOpening.listen(exchange, on: handle)
        let fault = handle.perform()
        exchange.end()
        let redact = relay.redaction(token: token)
        return SMTPProbe(
            fault: fault.map { CurlFault(code: $0.code, words: redact($0.words)) },
            replies: exchange.dialogue.replies.map { $0.mapLines(redact) }, capabilities: exchange.dialogue.capabilities,
            tls: exchange.tls, certificates: handle.peerCertificates)
    }

    /// As the service does it, so that what is tried here is what it does.
    private static func set(_ relay: SMTPRelay, _ manner: Manner, on handle: borrowing EasyHandle) throws(CurlFault) {
        try SMTPOpening.set(relay, on: handle, withAccount: manner.verifies && manner.hasAccount)
        try handle.set(CURLOPT_CUSTOMREQUEST, "NOOP")
        try handle.set(CURLOPT_NOBODY, true)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: manner.timeout)
        try handle.set(CURLOPT_TIMEOUT_MS, milliseconds: manner.timeout)
        guard relay.security != .none else { return }
        try handle.set(CURLOPT_CERTINFO, true)
        if !manner.verifies {
            try handle.set(CURLOPT_SSL_VERIFYPEER, false)
            try handle.set(CURLOPT_SSL_VERIFYHOST, 0)
            try handle.set(CURLOPT_PINNEDPUBLICKEY, nil)
        }
    }
}

/// The certificates of an `https://` address, whether they are trusted or not: only looked at.
package enum SiteCertificates {
    package static func look(at url: String, timeout: Duration) async -> [PeerCertificate] {
        await HandleThreads<EasyHandle>(count: 1, name: "probe", idle: .seconds(1)).run { _ in
            do throws(CurlFault) {
                let handle = try EasyHandle()
                try handle.set(CURLOPT_URL, url)
                try handle.set(CURLOPT_PROTOCOLS_STR, "https")
                try handle.set(CURLOPT_CONNECT_ONLY, true)
                try handle.set(CURLOPT_CERTINFO, true)
                try handle.set(CURLOPT_SSL_VERIFYPEER, false)
                try handle.set(CURLOPT_SSL_VERIFYHOST, 0)
                try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: timeout)
                try handle.set(CURLOPT_TIMEOUT_MS, milliseconds: timeout)
                return handle.perform() == nil ? handle.peerCertificates : []
            } catch {
                // Whether the site can be reached at all is told by who asks it for something.
                return []
            }
        }
    }
}
