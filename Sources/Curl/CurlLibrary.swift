import CCurl
import Foundation
import Synchronization

/// libcurl, started once for the process before the first handle is made.
enum CurlLibrary {
    /// `curl_global_init` runs once, on first use, whatever thread comes first: Swift guards a static's initialiser.
    ///
    /// A peer that closes while OpenSSL writes raises SIGPIPE, and `CURLOPT_NOSIGNAL` (needed with threads) stops libcurl
    /// from shielding us; so the signal is ignored for the whole process, and a broken connection is a returned error.
    private static let started: CURLcode = {
        signal(SIGPIPE, SIG_IGN)
        return appariteur_curl_global_init()
    }()

    static func start() throws(CurlFault) {
        guard started == CURLE_OK else { throw CurlFault(started) }
    }
}

/// What libcurl says went wrong. `words` come from libcurl and never hold a user name, a password or a header.
package struct CurlFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// `CURLcode`, as numbered in libcurl-errors(3); 0 is success.
    package let code: Int
    package let words: String

    package init(code: Int, words: String) {
        self.code = code
        self.words = words
    }

    init(_ code: CURLcode, words: String = "") {
        self.code = Int(code.rawValue)
        self.words = words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
    }

    /// We stopped it.
    static var aborted: CurlFault { CurlFault(CURLE_ABORTED_BY_CALLBACK) }

    package var description: String { "\(words) (libcurl \(code))" }
}

/// Ends transfers from another thread: those under way stop within about a second, later ones at once. It can't be lowered.
package final class AbortFlag: Sendable {
    private let flag = Mutex(false)

    package init() {}
    package var isRaised: Bool { flag.withLock { $0 } }
    package func raise() { flag.withLock { $0 = true } }
}
