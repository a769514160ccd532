import CCurl
import Foundation

/// One connection to one relay, for its life: kept open between messages, opened anew when it broke. It blocks, so it lives
/// on a thread of its own (`HandleThreads`). Handles are never shared between relays: libcurl has reused a connection under
/// other credentials or TLS settings more than once (CVE-2026-4873, -8286, -8932).
package struct SMTPConnection: ~Copyable {
    private let handle: EasyHandle
    private let exchange: SMTPExchange
    private let relay: SMTPRelay
    /// What the relay offered when this connection was opened; nil: not asked yet, or nobody wants to know.
    private var capabilities: [String]?

    /// Doesn't connect yet.
    package init(_ relay: SMTPRelay, abort: AbortFlag) throws(CurlFault) {
        let handle = try EasyHandle()
        let exchange = SMTPExchange(abort: abort)
        try Self.set(relay, on: handle)
        try Self.setCallbacks(exchange, on: handle)
        self.handle = handle
        self.exchange = exchange
        self.relay = relay
    }

    /// Also for a look without any message (`SMTPProbe`), which may do without the account.
    static func set(_ relay: SMTPRelay, on handle: borrowing EasyHandle, withAccount: Bool = true) throws(CurlFault) {
        try handle.set(CURLOPT_URL, relay.url)
        try handle.set(CURLOPT_PROTOCOLS_STR, relay.security == .implicit ? "smtps" : "smtp")
        // A relay is spoken to directly: ALL_PROXY in the environment is no reason to send members' mail elsewhere.
        try handle.set(CURLOPT_PROXY, "")
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: relay.connectTimeout)
        try handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds: relay.responseTimeout)
        // A body that no longer moves. Not sooner than the reply's time-out: libcurl applies this while it waits for the
        // reply as well.
        try handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        try handle.set(CURLOPT_LOW_SPEED_TIME, seconds: relay.responseTimeout + .seconds(1))
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

    private static func setCallbacks(_ exchange: SMTPExchange, on handle: borrowing EasyHandle) throws(CurlFault) {
        try listen(exchange, on: handle)
        let context = UnsafeRawPointer(Unmanaged.passUnretained(exchange).toOpaque())
        try handle.set(CURLOPT_UPLOAD, true)
        try handle.set(CURLOPT_READDATA, borrowing: context)
        try handle.set(CURLOPT_READFUNCTION) { buffer, size, count, context in
            guard let buffer, let exchange = SMTPExchange.at(context) else { return Int(CURL_READFUNC_ABORT) }
            return exchange.read(into: buffer, capacity: size * count)
        }
    }

    /// The relay's side alone. `exchange` must outlive the handle, whose end says QUIT and may still call back.
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

    /// Hands over one message and waits for the relay's reply. `mayLeave` is asked when the relay asks for the body, the
    /// last moment at which nothing has left: false ends the attempt there.
    ///
    /// A crash in here leaves an unknown outcome: the caller must have noted, durably, that the attempt began.
    ///
    /// - Parameters:
    ///   - token: what the relay's credentials take instead of a password.
    ///   - envelopeID: what delivery reports call the message (RFC 3461 §4.4).
    package mutating func send(
        from sender: EnvelopeAddress, to recipient: EnvelopeAddress, _ message: MailBytes, token: String? = nil,
        envelopeID: String? = nil, mayLeave: @escaping @Sendable () -> Bool = { true }
    ) -> SMTPAttempt {
        let parcel = Parcel(
            sender: sender, recipient: recipient, message: message, token: token, envelopeID: envelopeID, mayLeave: mayLeave)
        let first = attempt(parcel, newConnection: false)
        guard first.hitStaleConnection, !exchange.abort.isRaised else { return first }
        return attempt(parcel, newConnection: true)
    }

    private struct Parcel {
        let sender: EnvelopeAddress
        let recipient: EnvelopeAddress
        let message: MailBytes
        let token: String?
        let envelopeID: String?
        let mayLeave: @Sendable () -> Bool
    }

    private mutating func attempt(_ parcel: Parcel, newConnection: Bool) -> SMTPAttempt {
        // What a relay offers is known after EHLO, which libcurl says in the same breath as MAIL FROM: so a new connection is opened by
        // a command that means nothing.
        let asksFirst = relay.reports != .none && (newConnection || capabilities == nil || !handle.isConnected)
        if asksFirst, let failed = greet(parcel, newConnection: newConnection) { return failed }
        let notify = capabilities?.contains("DSN") == true ? relay.reports.notify : nil
        return parcel.message.bytes.withUnsafeBytes { bytes in
            exchange.begin(bytes, inspector: handle.tlsInspector, mayLeave: parcel.mayLeave)
            defer { exchange.end() }
            let wasConnected = handle.isConnected
            let fault: CurlFault?
            do throws(CurlFault) {
                let recipients = try StringList([Self.recipient(parcel.recipient, notify: notify)])
                try prepare(parcel, newConnection: newConnection && !asksFirst)
                try handle.set(CURLOPT_MAIL_FROM, Self.sender(parcel, reports: notify != nil))
                try handle.set(CURLOPT_MAIL_RCPT, recipients)
                try handle.set(CURLOPT_INFILESIZE_LARGE, bytes: bytes.count)
                fault = handle.perform()
                // libcurl keeps a pointer to the list, which ends here.
                try handle.set(CURLOPT_MAIL_RCPT, borrowing: nil)
            } catch {
                return SMTPAttempt(notStarted: error)
            }
            let attempt = unjudged(fault, token: parcel.token, wasConnected: wasConnected, reportsAsked: notify != nil)
            // libcurl found the kept connection dead by itself and opened another.
            if !attempt.connectionReused { capabilities = exchange.dialogue.capabilities }
            return attempt
        }
    }

    /// Opens the connection, with all that comes before a message, and notes what the relay offers. Nil: it went well.
    private mutating func greet(_ parcel: Parcel, newConnection: Bool) -> SMTPAttempt? {
        capabilities = nil
        return parcel.message.bytes.withUnsafeBytes { bytes in
            exchange.begin(bytes, inspector: handle.tlsInspector, mayLeave: { false })
            defer { exchange.end() }
            let wasConnected = handle.isConnected
            let fault: CurlFault?
            do throws(CurlFault) {
                try prepare(parcel, newConnection: newConnection)
                try handle.set(CURLOPT_UPLOAD, false)
                try handle.set(CURLOPT_NOBODY, true)
                try handle.set(CURLOPT_CUSTOMREQUEST, "NOOP")
                fault = handle.perform()
                try handle.set(CURLOPT_CUSTOMREQUEST, nil)
                try handle.set(CURLOPT_NOBODY, false)
                try handle.set(CURLOPT_UPLOAD, true)
            } catch {
                return SMTPAttempt(notStarted: error)
            }
            let attempt = unjudged(fault, token: parcel.token, wasConnected: wasConnected, reportsAsked: false)
            guard fault == nil, attempt.refusal == nil else { return attempt }
            capabilities = attempt.connectionReused ? nil : exchange.dialogue.capabilities
            return nil
        }
    }

    private func prepare(_ parcel: Parcel, newConnection: Bool) throws(CurlFault) {
        try handle.set(CURLOPT_FRESH_CONNECT, newConnection)
        if relay.credentials?.mechanism.takesToken == true { try handle.set(CURLOPT_XOAUTH2_BEARER, parcel.token ?? "") }
    }

    /// libcurl (7.88 to 8.x) knows no parameters of ours. It takes what it is given for an address, drops an opening bracket, and
    /// puts both around: so parameters can follow the address's own closing bracket, and the bracket at the very end belongs to the
    /// last value, which opens it.
    private static func sender(_ parcel: Parcel, reports: Bool) -> String {
        guard reports else { return parcel.sender.text }
        return "<\(parcel.sender.text)> RET=HDRS ENVID=<" + Self.xtext(parcel.envelopeID ?? "-")
    }

    private static func recipient(_ recipient: EnvelopeAddress, notify: String?) -> String {
        guard let notify else { return recipient.text }
        return "<\(recipient.text)> NOTIFY=\(notify) ORCPT=rfc822;<\(Self.xtext(recipient.text))"
    }

    /// RFC 3461 §4: printable ASCII, `+` and `=` and anything else as `+` and two hexadecimal digits.
    static func xtext(_ text: String) -> String {
        var coded: [UInt8] = []
        for byte in text.utf8 {
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
                coded.append(byte)
            } else {
                coded += "+\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
            }
        }
        return String(decoding: coded, as: UTF8.self)
    }

    /// Call it before the exchange ends.
    private func unjudged(_ fault: CurlFault?, token: String?, wasConnected: Bool, reportsAsked: Bool) -> SMTPAttempt {
        let fresh = handle.number(CURLINFO_NUM_CONNECTS) > 0
        let redact: (String) -> String = relay.credentials.map { credentials in { credentials.redact($0, token: token) } } ?? { $0 }
        let replies = exchange.dialogue.replies.map { $0.mapLines(redact) }
        let end = exchange.dialogue.end(fresh: fresh)
        return SMTPAttempt(
            fault: fault.map { CurlFault(code: $0.code, words: redact($0.words)) },
            stage: end.stage, reply: end.reply?.mapLines(redact), replies: replies,
            bodyHandedOver: exchange.bodyHandedOver,
            connectionReused: wasConnected && !fresh,
            connectionKept: handle.isConnected, tls: exchange.tls, reportsAsked: reportsAsked
        )
    }
}

/// What libcurl's callbacks work on during one attempt, or one look. Used by one thread only, the one that performs.
final class SMTPExchange {
    let abort: AbortFlag
    private(set) var dialogue = SMTPDialogue()
    private var body = UnsafeRawBufferPointer(start: nil, count: 0)
    private var given = 0
    private var mayLeave: @Sendable () -> Bool = { false }
    private var inspector: TLSInspector?
    private(set) var tls: TLSDetails?

    init(abort: AbortFlag) { self.abort = abort }

    static func at(_ context: UnsafeMutableRawPointer?) -> SMTPExchange? {
        context.map { Unmanaged<SMTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    var bodyHandedOver: Bool { given == body.count }

    /// Without a body: nothing is to leave.
    func begin(
        _ bytes: UnsafeRawBufferPointer = .init(start: nil, count: 0), inspector: TLSInspector,
        mayLeave: @escaping @Sendable () -> Bool = { false }
    ) {
        dialogue = SMTPDialogue()
        self.inspector = inspector
        tls = nil
        body = bytes
        given = 0
        self.mayLeave = mayLeave
    }

    /// The body's memory is the caller's; it isn't touched after this.
    func end() {
        body = UnsafeRawBufferPointer(start: nil, count: 0)
        given = 0
        mayLeave = { false }
        inspector = nil
    }

    func read(into buffer: UnsafeMutablePointer<CChar>, capacity: Int) -> Int {
        if given == 0, !mayLeave() { return Int(CURL_READFUNC_ABORT) }
        let count = min(capacity, body.count - given)
        UnsafeMutableRawBufferPointer(start: buffer, count: capacity).copyMemory(from: .init(rebasing: body[given..<given + count]))
        given += count
        return count
    }

    func hear(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if tls == nil { tls = inspector?.details() }
        return dialogue.take(bytes)
    }
}
