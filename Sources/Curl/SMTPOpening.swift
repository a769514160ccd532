import CCurl
import Foundation

/// The opening of a connection, all of it libcurl's: names, TCP, greeting, EHLO, STARTTLS, AUTH.
enum SMTPOpening {
    /// Blocks until the connection stands or won't, so it runs on a thread of its own. Handles are never shared between relays: libcurl
    /// has reused a connection under other credentials or TLS settings more than once (CVE-2026-4873, -8286, -8932).
    static func open(_ relay: SMTPRelay, idle: Duration, token: String?, abort: AbortFlag) -> Result<SMTPChannel, SMTPAttemptFailure> {
        let exchange = SMTPExchange(abort: abort)
        do throws(CurlFault) {
            let handle = try EasyHandle()
            exchange.begin(inspector: handle.tlsInspector)
            try set(relay, on: handle)
            if relay.credentials?.mechanism.takesToken == true { try handle.set(CURLOPT_XOAUTH2_BEARER, token ?? "") }
            try listen(exchange, on: handle)
            try handle.set(CURLOPT_CONNECT_ONLY, true)
            let fault = handle.perform()
            // Nothing that comes later, the handle's end included, may find what ends here.
            exchange.end()
            try handle.set(CURLOPT_HEADERDATA, borrowing: nil)
            try handle.set(CURLOPT_XFERINFODATA, borrowing: nil)
            let redact = relay.redaction(token: token)
            guard fault == nil, let socket = handle.socket else {
                return .failure(
                    SMTPAttemptFailure(
                        SMTPAttempt(
                            fault: fault ?? CurlFault(CURLE_COULDNT_CONNECT), of: exchange.dialogue, isFresh: true, tls: exchange.tls,
                            redact: redact)))
            }
            return .success(
                SMTPChannel(consume handle, socket: socket, relay: relay, idle: idle, heard: exchange.dialogue, tls: exchange.tls))
        } catch {
            return .failure(SMTPAttemptFailure(SMTPAttempt(notStarted: error)))
        }
    }

    /// Also for a look without any message (`SMTPProbe`), which may do without the account.
    static func set(_ relay: SMTPRelay, on handle: borrowing EasyHandle, withAccount: Bool = true) throws(CurlFault) {
        try handle.set(CURLOPT_URL, relay.url)
        try handle.set(CURLOPT_PROTOCOLS_STR, relay.security == .implicit ? "smtps" : "smtp")
        // A relay is spoken to directly: ALL_PROXY in the environment is no reason to send members' mail elsewhere.
        try handle.set(CURLOPT_PROXY, "")
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: relay.connectTimeout)
        try handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds: relay.responseTimeout)
        try handle.set(CURLOPT_TCP_NODELAY, true)
        try handle.set(CURLOPT_MAXCONNECTS, 1)
        if relay.security != .none { try setTLS(relay, on: handle) }
        if withAccount, let credentials = relay.credentials {
            try handle.set(CURLOPT_USERNAME, credentials.user)
            if let password = credentials.password { try handle.set(CURLOPT_PASSWORD, password) }
            try handle.set(CURLOPT_LOGIN_OPTIONS, credentials.loginOptions)
            // With the command itself (RFC 4954 §4), as Microsoft and Google show it.
            if credentials.mechanism.takesToken { try handle.set(CURLOPT_SASL_IR, true) }
        }
    }

    private static func setTLS(_ relay: SMTPRelay, on handle: borrowing EasyHandle) throws(CurlFault) {
        try handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        try handle.verifyTLS(trusting: relay.caFile)
        if let pin = relay.pinnedKey { try handle.set(CURLOPT_PINNEDPUBLICKEY, pin) }
        if let own = relay.clientCertificate {
            try handle.set(CURLOPT_SSLCERT, own.certificateFile)
            try handle.set(CURLOPT_SSLKEY, own.keyFile)
            if let passphrase = own.passphrase { try handle.set(CURLOPT_KEYPASSWD, passphrase) }
        }
    }

    /// The relay's side. `exchange` must outlive the transfer.
    static func listen(_ exchange: SMTPExchange, on handle: borrowing EasyHandle) throws(CurlFault) {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(exchange).toOpaque())
        try handle.set(CURLOPT_HEADERDATA, borrowing: context)
        try handle.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let exchange = SMTPExchange.at(context) else { return 0 }
            return exchange.hear(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        // Nothing that comes outside of replies is wanted, and libcurl's default is to print it.
        try handle.set(CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
        try handle.set(CURLOPT_XFERINFODATA, borrowing: context)
        try handle.set { context, _, _, _, _ in
            SMTPExchange.at(context).map { $0.abort.isRaised ? 1 : 0 } ?? 1
        }
    }
}

/// An attempt that ended with the connection's opening.
struct SMTPAttemptFailure: Error {
    let attempt: SMTPAttempt

    init(_ attempt: SMTPAttempt) { self.attempt = attempt }
}

/// What libcurl's callbacks work on while a connection is opened, or looked at. Used by one thread only, the one that performs.
final class SMTPExchange {
    fileprivate let abort: AbortFlag
    private(set) var dialogue = SMTPDialogue()
    private var inspector: TLSInspector?
    private(set) var tls: TLSDetails?

    init(abort: AbortFlag) { self.abort = abort }

    fileprivate static func at(_ context: UnsafeMutableRawPointer?) -> SMTPExchange? {
        context.map { Unmanaged<SMTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    func begin(inspector: TLSInspector) { self.inspector = inspector }

    func end() { inspector = nil }

    fileprivate func hear(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if tls == nil { tls = inspector?.details() }
        return dialogue.take(bytes)
    }
}
