import CCurl
import Foundation

/// One connection to one folder of a mailbox (RFC 3501), for its life. It blocks, so it lives on a thread of its own
/// (`HandleThreads`).
///
/// Messages are fetched by libcurl's own command, never by one of ours: after a command of ours, libcurl 7.88 gives the lines that
/// begin with `*` and drops the rest, and takes a line of a message that looks like the end of the command for it. Its own command
/// sets `\Seen` (it has no `BODY.PEEK`), so whoever must not lose a message marks it otherwise before.
package struct IMAPMailbox: ~Copyable {
    private let handle: EasyHandle
    private let exchange: IMAPExchange
    private let server: IMAPServer
    private let folder: IMAPFolder
    /// What a new connection logs in with, where the account takes tokens. An open one stays as it is.
    package var token: String?

    /// Doesn't connect yet.
    package init(_ server: IMAPServer, folder: IMAPFolder, abort: AbortFlag) throws(CurlFault) {
        let handle = try EasyHandle()
        let exchange = IMAPExchange(abort: abort)
        try Self.set(server, on: handle)
        try Self.setCallbacks(exchange, on: handle)
        self.handle = handle
        self.exchange = exchange
        self.server = server
        self.folder = folder
    }

    private static func set(_ server: IMAPServer, on handle: borrowing EasyHandle) throws(CurlFault) {
        try handle.set(CURLOPT_PROTOCOLS_STR, server.security == .implicit ? "imaps" : "imap")
        try handle.set(CURLOPT_PROXY, "")
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: server.connectTimeout)
        try handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds: server.timeout)
        try handle.set(CURLOPT_TIMEOUT_MS, milliseconds: server.timeout)
        try handle.set(CURLOPT_MAXCONNECTS, 1)
        // A line that doesn't fit is cut by libcurl: this is for the numbers of some 70,000 messages.
        try handle.set(CURLOPT_BUFFERSIZE, 1 << 19)
        if server.security != .none {
            try handle.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
            try handle.verifyTLS(trusting: server.caFile)
        }
        try handle.set(CURLOPT_USERNAME, server.credentials.user)
        if let password = server.credentials.password { try handle.set(CURLOPT_PASSWORD, password) }
        try handle.set(CURLOPT_LOGIN_OPTIONS, server.credentials.loginOptions)
        if server.credentials.mechanism.takesToken { try handle.set(CURLOPT_SASL_IR, true) }
    }

    private static func setCallbacks(_ exchange: IMAPExchange, on handle: borrowing EasyHandle) throws(CurlFault) {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(exchange).toOpaque())
        try handle.set(CURLOPT_WRITEDATA, borrowing: context)
        try handle.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let exchange = IMAPExchange.at(context) else { return 0 }
            return exchange.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        try handle.set(CURLOPT_HEADERDATA, borrowing: context)
        try handle.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let exchange = IMAPExchange.at(context) else { return 0 }
            exchange.hear(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        try handle.set(CURLOPT_XFERINFODATA, borrowing: context)
        try handle.set { context, _, _, _, _ in IMAPExchange.at(context).map { $0.abort.isRaised ? 1 : 0 } ?? 1 }
    }

    /// The unique numbers of the messages that match (RFC 3501 §6.4.4), in the server's order.
    package mutating func search(_ criteria: String) throws(IMAPFault) -> [UInt32] {
        let answer = String(decoding: try command("UID SEARCH \(criteria)"), as: UTF8.self)
        return answer.split(whereSeparator: \.isNewline).filter { $0.uppercased().hasPrefix("* SEARCH") }
            .flatMap { $0.split(separator: " ").dropFirst(2).compactMap { UInt32($0) } }
    }

    /// The first `limit` bytes of a message, which is `\Seen` from now on. Throws `missing` when it is gone.
    package mutating func fetch(_ uid: UInt32, limit: Int) throws(IMAPFault) -> [UInt8] {
        try run("/\(folder.path)/;UID=\(uid)/;PARTIAL=0.\(limit)", command: nil, limit: limit)
    }

    /// Adds (or removes) flags, for instance `\Seen`.
    package mutating func store(_ uid: UInt32, _ flags: [String], removing: Bool = false) throws(IMAPFault) {
        _ = try command("UID STORE \(uid) \(removing ? "-" : "+")FLAGS.SILENT (\(flags.joined(separator: " ")))")
    }

    /// RFC 6851; a server without it refuses.
    package mutating func move(_ uid: UInt32, to target: IMAPFolder) throws(IMAPFault) {
        _ = try command("UID MOVE \(uid) \(target.quoted)")
    }

    private mutating func command(_ text: String) throws(IMAPFault) -> [UInt8] {
        try run("/\(folder.path)", command: text, limit: 1 << 20)
    }

    private mutating func run(_ path: String, command: String?, limit: Int) throws(IMAPFault) -> [UInt8] {
        exchange.begin(limit: limit)
        defer { exchange.begin(limit: 0) }
        let fault: CurlFault?
        do throws(CurlFault) {
            try handle.set(CURLOPT_URL, server.url + path)
            try handle.set(CURLOPT_CUSTOMREQUEST, command)
            if let token { try handle.set(CURLOPT_XOAUTH2_BEARER, token) }
            fault = handle.perform()
        } catch {
            fault = error
        }
        guard let fault else { return exchange.body }
        let reply = exchange.lastReply.map { server.credentials.redact($0, token: token) }
        throw IMAPFault(
            kind: Self.kind(of: fault, reply: reply),
            fault: CurlFault(code: fault.code, words: server.credentials.redact(fault.words, token: token)), reply: reply)
    }

    private static func kind(of fault: CurlFault, reply: String?) -> IMAPFault.Kind {
        switch CURLcode(UInt32(fault.code)) {
        case CURLE_REMOTE_FILE_NOT_FOUND: .missing
        case CURLE_QUOTE_ERROR: .refused
        // libcurl says so of a folder that can't be opened, too; and of a token that is refused, in a challenge, which is no end of a
        // command: what was said last is well then.
        case CURLE_LOGIN_DENIED:
            fault.words.lowercased().hasPrefix("select failed")
                ? .refused : reply.map { $0.hasPrefix("OK") || $0.lowercased().contains("auth") } ?? true ? .login : .refused
        default: .connection
        }
    }
}

/// What libcurl's callbacks fill during one command. Used by one thread only.
private final class IMAPExchange {
    let abort: AbortFlag
    private(set) var body: [UInt8] = []
    private(set) var lastReply: String?
    private var limit = 0

    init(abort: AbortFlag) { self.abort = abort }

    static func at(_ context: UnsafeMutableRawPointer?) -> IMAPExchange? {
        context.map { Unmanaged<IMAPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    func begin(limit: Int) {
        body = []
        lastReply = nil
        self.limit = limit
    }

    /// A server that sends more than was asked for is cut off.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limit else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    /// Only the end of a command is kept: `A003 NO …`, without its tag.
    func hear(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= 1000, bytes.first == UInt8(ascii: "A") else { return }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return }
        lastReply = words[1].trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
