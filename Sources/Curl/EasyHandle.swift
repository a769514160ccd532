import CCurl
import COpenSSL
import Foundation

/// One libcurl easy handle and the C memory that goes with it. It can't be copied, so it is cleaned up exactly once, where
/// its owner ends; cleaning up also says QUIT on a connection that is still open.
///
/// A handle belongs to one thread at a time. Every setting is checked: a refused one throws.
struct EasyHandle: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(CurlFault) {
        try CurlLibrary.start()
        guard let handle = curl_easy_init() else { throw CurlFault(CURLE_FAILED_INIT) }
        self.handle = handle
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        setForEveryUse()
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    /// Back to libcurl's defaults; open connections are kept.
    func reset() {
        curl_easy_reset(handle)
        setForEveryUse()
    }

    /// These two only store a value in any libcurl there is: they have no failure to report.
    private func setForEveryUse() {
        // No SIGALRM in a process with threads.
        _ = appariteur_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = appariteur_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlFault) {
        try check(appariteur_curl_set_long(handle, option, value))
    }

    func set(_ option: CURLoption, _ value: Bool) throws(CurlFault) {
        try set(option, value ? 1 : 0)
    }

    /// Copied by libcurl. A NUL inside would cut it short, so it is refused. Nil: libcurl's "none".
    func set(_ option: CURLoption, _ value: String?) throws(CurlFault) {
        guard let value else { return try check(appariteur_curl_set_string(handle, option, nil)) }
        guard !value.utf8.contains(0) else { throw CurlFault(CURLE_BAD_FUNCTION_ARGUMENT, words: "a setting holds a NUL byte") }
        try check(appariteur_curl_set_string(handle, option, value))
    }

    /// Rounded up to whole milliseconds; for the options whose names end in `_MS`.
    func set(_ option: CURLoption, milliseconds value: Duration) throws(CurlFault) {
        let (seconds, attoseconds) = value.components
        try set(option, max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)))
    }

    /// Rounded up to whole seconds, at least one.
    func set(_ option: CURLoption, seconds value: Duration) throws(CurlFault) {
        let (seconds, attoseconds) = value.components
        try set(option, max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0)))
    }

    func set(_ option: CURLoption, bytes value: Int) throws(CurlFault) {
        try check(appariteur_curl_set_offset(handle, option, curl_off_t(value)))
    }

    /// Not copied: the memory must live until the transfer has ended or the option was set anew.
    func set(_ option: CURLoption, borrowing value: UnsafeRawPointer?) throws(CurlFault) {
        try check(appariteur_curl_set_pointer(handle, option, value))
    }

    /// Not copied: `list` must outlive the transfer.
    func set(_ option: CURLoption, _ list: borrowing StringList) throws(CurlFault) {
        try check(appariteur_curl_set_list(handle, option, list.head))
    }

    /// With `CURLOPT_CERTINFO`: the certificates that the peer showed in the last transfer, its own first, as libcurl's lines.
    var certificates: [[String]] {
        (0..<appariteur_curl_certificate_count(handle)).map { index in
            var lines: [String] = []
            var next = appariteur_curl_certificate(handle, index)
            while let line = next {
                lines.append(String(cString: line.pointee.data))
                next = line.pointee.next.map { UnsafePointer($0) }
            }
            return lines
        }
    }

    /// TLS 1.2 at least and a certificate that holds for the host. `caFile`: PEM file of the only authorities to trust; nil: the system's.
    func verifyTLS(trusting caFile: String?) throws(CurlFault) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, true)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let caFile {
            try set(CURLOPT_CAINFO, caFile)
            // Else the system's folder would be trusted beside the file.
            try set(CURLOPT_CAPATH, nil)
        }
    }

    func set(_ option: CURLoption, calling transfer: appariteur_curl_transfer) throws(CurlFault) {
        try check(appariteur_curl_set_transfer(handle, option, transfer))
    }

    func set(progress: appariteur_curl_progress) throws(CurlFault) {
        try check(appariteur_curl_set_progress(handle, progress))
        try set(CURLOPT_NOPROGRESS, false)
    }

    /// Runs the transfer on this thread, to its end. Nil: it went well.
    func perform() -> CurlFault? {
        errorText[0] = 0
        let code = curl_easy_perform(handle)
        return code == CURLE_OK ? nil : CurlFault(code, words: String(cString: errorText))
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return appariteur_curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// Asks what the connection is protected with, from a transfer's callbacks. It must not outlive the handle.
    var tlsInspector: TLSInspector { TLSInspector(handle: handle) }

    /// The last transfer's connection, where it is still open.
    var socket: Int32? {
        var socket: curl_socket_t = -1
        return appariteur_curl_get_socket(handle, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != -1 ? socket : nil
    }

    /// What came of writing to a connection, or reading from it, without waiting.
    enum Moved {
        case moved(Int)
        case wouldBlock
        case closed
        case failed(CurlFault)
    }

    /// With `CURLOPT_CONNECT_ONLY`, once the connection stands. What didn't fit must be given again as it was.
    func send(_ bytes: UnsafeRawBufferPointer) -> Moved {
        errorText[0] = 0
        var count = 0
        return moved(curl_easy_send(handle, bytes.baseAddress, bytes.count, &count), count, none: .wouldBlock)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Moved {
        errorText[0] = 0
        var count = 0
        return moved(curl_easy_recv(handle, buffer.baseAddress, buffer.count, &count), count, none: .closed)
    }

    private func moved(_ code: CURLcode, _ count: Int, none: Moved) -> Moved {
        switch code {
        case CURLE_OK: count > 0 ? .moved(count) : none
        case CURLE_AGAIN: .wouldBlock
        default: .failed(CurlFault(code, words: String(cString: errorText)))
        }
    }

    private func check(_ code: CURLcode) throws(CurlFault) {
        guard code == CURLE_OK else { throw CurlFault(code) }
    }
}

/// What a connection is protected with.
package struct TLSDetails: Hashable, Sendable {
    /// As OpenSSL names it: `TLSv1.3`.
    package let version: String
    /// `TLS_AES_256_GCM_SHA384`
    package let cipher: String
}

/// See `EasyHandle.tlsInspector`.
struct TLSInspector {
    fileprivate let handle: UnsafeMutableRawPointer

    /// Only while a transfer runs, in its callbacks; nil: in clear.
    func details() -> TLSDetails? {
        guard let connection = appariteur_curl_tls_connection(handle).map(OpaquePointer.init), let version = SSL_get_version(connection),
            let cipher = SSL_get_current_cipher(connection), let name = SSL_CIPHER_get_name(cipher)
        else { return nil }
        return TLSDetails(version: String(cString: version), cipher: String(cString: name))
    }
}

/// A `curl_slist` and its memory.
struct StringList: ~Copyable {
    fileprivate private(set) var head: UnsafeMutablePointer<curl_slist>?

    init(_ strings: [String]) throws(CurlFault) {
        head = nil
        for string in strings {
            guard !string.utf8.contains(0), let longer = curl_slist_append(head, string) else {
                curl_slist_free_all(head)
                throw CurlFault(CURLE_BAD_FUNCTION_ARGUMENT, words: "a list's text holds a NUL byte, or memory is short")
            }
            head = longer
        }
    }

    deinit { curl_slist_free_all(head) }
}
