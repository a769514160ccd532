import CCurl
import Foundation

/// One thread's handle. Its connections are shared between requests of one client only, hence of one trust and proxy.
struct HTTPTransfer: ~Copyable {
    private let handle: EasyHandle
    private let exchange = HTTPExchange()

    init() throws(CurlFault) { handle = try EasyHandle() }

    mutating func perform(
        _ request: HTTPClient.Request, _ settings: HTTPClient.Settings, _ abort: AbortFlag
    ) -> Result<HTTPClient.Answer, HTTPFault> {
        exchange.begin(limit: settings.answerLimit, abort: abort)
        defer { exchange.begin(limit: 0, abort: abort) }
        let fault: CurlFault?
        do throws(CurlFault) {
            handle.reset()
            try setPolicy(settings, redirects: request.redirects)
            try setCallbacks()
            let headers = try StringList(Self.lines(request.headers))
            try handle.set(CURLOPT_URL, request.url)
            try handle.set(CURLOPT_HTTPHEADER, headers)
            fault = try transfer(request)
            // libcurl keeps pointers to the list and to the body, which end here.
            handle.reset()
        } catch {
            fault = error
        }
        if exchange.overflowed { return .failure(HTTPFault(.tooLarge, "the answer is larger than \(settings.answerLimit) bytes")) }
        if let fault { return .failure(HTTPFault(fault)) }
        return .success(exchange.answer(status: exchange.status))
    }

    private func transfer(_ request: HTTPClient.Request) throws(CurlFault) -> CurlFault? {
        switch request.method {
        case .get: try handle.set(CURLOPT_HTTPGET, true)
        case .head: try handle.set(CURLOPT_NOBODY, true)
        case .post: try handle.set(CURLOPT_POST, true)
        }
        guard request.method == .post else { return handle.perform() }
        // The array's memory holds still until libcurl is done with it.
        let result: Result<CurlFault?, CurlFault> = request.body.withUnsafeBytes { bytes in
            do throws(CurlFault) {
                try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, bytes: bytes.count)
                // An empty array may have no memory at all, and libcurl would then ask its read callback.
                guard let start = bytes.baseAddress else {
                    try handle.set(CURLOPT_COPYPOSTFIELDS, "")
                    return .success(handle.perform())
                }
                try handle.set(CURLOPT_POSTFIELDS, borrowing: start)
                return .success(handle.perform())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func setPolicy(_ settings: HTTPClient.Settings, redirects: Int) throws(CurlFault) {
        try handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        try handle.set(CURLOPT_FOLLOWLOCATION, redirects > 0)
        try handle.set(CURLOPT_MAXREDIRS, redirects)
        try handle.verifyTLS(trusting: settings.caFile)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: settings.connectTimeout)
        try handle.set(CURLOPT_TIMEOUT_MS, milliseconds: settings.timeout)
        try handle.set(CURLOPT_MAXFILESIZE_LARGE, bytes: settings.answerLimit)
        try handle.set(CURLOPT_USERAGENT, settings.userAgent)
        switch settings.proxy {
        case .none: try handle.set(CURLOPT_PROXY, "")
        case .environment: try handle.set(CURLOPT_NOPROXY, Self.unproxied)
        }
    }

    /// Set explicitly, since giving any value replaces libcurl's own reading of the environment.
    private static var unproxied: String {
        let environment = ProcessInfo.processInfo.environment
        let given = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        return given == "*" ? given : (given.isEmpty ? "" : given + ",") + "localhost,127.0.0.1,::1"
    }

    private func setCallbacks() throws(CurlFault) {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(exchange).toOpaque())
        try handle.set(CURLOPT_HEADERDATA, borrowing: context)
        try handle.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let bytes, let exchange = HTTPExchange.at(context) else { return 0 }
            return exchange.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        try handle.set(CURLOPT_WRITEDATA, borrowing: context)
        try handle.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let bytes, let exchange = HTTPExchange.at(context) else { return 0 }
            return exchange.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        try handle.set(CURLOPT_XFERINFODATA, borrowing: context)
        try handle.set { context, _, _, _, _ in HTTPExchange.at(context).map { $0.isAborted ? 1 : 0 } ?? 1 }
    }

    /// `Name;` is libcurl's way to send a header without value. No `Expect: 100-continue`: it only costs a round trip here.
    private static func lines(_ headers: [HTTPClient.Header]) -> [String] {
        headers.map { $0.value.isEmpty ? $0.name + ";" : "\($0.name): \($0.value)" } + ["Expect:"]
    }
}

/// What libcurl's callbacks fill during one transfer. Used by one thread only.
private final class HTTPExchange {
    private var headers: [HTTPClient.Header] = []
    private var body: [UInt8] = []
    private var limit = 0
    private var headerBytes = 0
    private var abort = AbortFlag()
    private(set) var status = 0
    private(set) var overflowed = false

    static func at(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
        context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    var isAborted: Bool { abort.isRaised }

    func begin(limit: Int, abort: AbortFlag) {
        headers = []
        body = []
        headerBytes = 0
        status = 0
        overflowed = false
        self.limit = limit
        self.abort = abort
    }

    func answer(status: Int) -> HTTPClient.Answer { HTTPClient.Answer(status: status, headers: headers, body: body) }

    /// A status line begins a new answer: after 100, or after a redirect.
    func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= 1 << 18 else {
            overflowed = true
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            headers = []
            body = []
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers.append(HTTPClient.Header(String(line[..<colon]), value))
        }
        return true
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limit else {
            overflowed = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }
}
