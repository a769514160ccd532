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
        let hearing = Hearing(abort: abort)
        let result: Result<SMTPProbe, CurlFault> = withExtendedLifetime(hearing) {
            // The handle, whose end says QUIT and may still call back, ends in here: before what it calls.
            do throws(CurlFault) { return .success(try look(at: relay, manner, token, hearing)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func look(at relay: SMTPRelay, _ manner: Manner, _ token: String?, _ hearing: Hearing) throws(CurlFault) -> SMTPProbe {
        let handle = try EasyHandle()
        hearing.inspector = handle.tlsInspector
        try set(relay, manner, on: handle)
        if let token, manner.verifies, manner.hasAccount { try handle.set(CURLOPT_XOAUTH2_BEARER, token) }
        try setCallbacks(hearing, on: handle)
        let fault = handle.perform()
        hearing.inspector = nil
        let redact: (String) -> String = relay.credentials.map { credentials in { credentials.redact($0, token: token) } } ?? { $0 }
        return SMTPProbe(
            fault: fault.map { CurlFault(code: $0.code, words: redact($0.words)) },
            replies: hearing.dialogue.replies.map { $0.mapLines(redact) }, capabilities: hearing.dialogue.capabilities,
            tls: hearing.tls, certificates: handle.peerCertificates)
    }

    /// As the service does it, so that what is tried here is what it does.
    private static func set(_ relay: SMTPRelay, _ manner: Manner, on handle: borrowing EasyHandle) throws(CurlFault) {
        try SMTPConnection.set(relay, on: handle, withAccount: manner.verifies && manner.hasAccount)
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

    private static func setCallbacks(_ hearing: Hearing, on handle: borrowing EasyHandle) throws(CurlFault) {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(hearing).toOpaque())
        try handle.set(CURLOPT_HEADERDATA, borrowing: context)
        try handle.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let hearing = Hearing.at(context) else { return 0 }
            return hearing.hear(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        try handle.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
        try handle.set(CURLOPT_XFERINFODATA, borrowing: context)
        try handle.set { context, _, _, _, _ in Hearing.at(context).map { $0.abort.isRaised ? 1 : 0 } ?? 1 }
    }

    /// What libcurl's callbacks fill. Used by one thread only.
    private final class Hearing {
        let abort: AbortFlag
        /// While the transfer runs.
        var inspector: TLSInspector?
        private(set) var dialogue = SMTPDialogue()
        private(set) var tls: TLSDetails?

        init(abort: AbortFlag) { self.abort = abort }

        static func at(_ context: UnsafeMutableRawPointer?) -> Hearing? {
            context.map { Unmanaged<Hearing>.fromOpaque($0).takeUnretainedValue() }
        }

        func hear(_ line: UnsafeRawBufferPointer) -> Bool {
            if tls == nil { tls = inspector?.details() }
            return dialogue.take(line)
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
