import CCurl
import Foundation

/// HTTP(S) for timestamp authorities, calendars and JSON-RPC. TLS 1.2 at least, certificates always verified, no cookie, no
/// redirect unless asked, answers of limited size. Transfers run on threads of the client's own.
package final class HTTPClient: Sendable {
    package struct Settings: Hashable, Sendable {
        package enum Proxy: Hashable, Sendable {
            case none
            /// `http_proxy`, `https_proxy`, `no_proxy`; loopback is never proxied.
            case environment
        }

        /// PEM file of the only authorities to trust; nil: the system's.
        package var caFile: String?
        package var connectTimeout: Duration
        /// For a whole request.
        package var timeout: Duration
        /// Largest body taken, in bytes.
        package var answerLimit: Int
        package var proxy: Proxy
        /// Requests under way at once; more wait.
        package var threads: Int
        package var userAgent: String

        package init(
            caFile: String? = nil, connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(60),
            answerLimit: Int = 1 << 20, proxy: Proxy = .environment, threads: Int = 4, userAgent: String = "Appariteur"
        ) {
            self.caFile = caFile
            self.connectTimeout = connectTimeout
            self.timeout = timeout
            self.answerLimit = answerLimit
            self.proxy = proxy
            self.threads = threads
            self.userAgent = userAgent
        }
    }

    package let settings: Settings
    private let threads: HandleThreads<HTTPTransfer>

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
        threads = HandleThreads(count: max(1, settings.threads), name: "http", idle: .seconds(10))
    }

    package func get(_ url: String, headers: [Header] = []) async throws(HTTPFault) -> Answer {
        try await perform(Request(.get, url, headers: headers))
    }

    package func post(_ url: String, headers: [Header] = [], body: [UInt8]) async throws(HTTPFault) -> Answer {
        try await perform(Request(.post, url, headers: headers, body: body))
    }

    /// Cancelling the task ends the transfer within about a second.
    package func perform(_ request: Request) async throws(HTTPFault) -> Answer {
        if let mistake = request.mistake { throw HTTPFault(.badRequest, mistake) }
        let abort = AbortFlag()
        let settings = settings
        let result: Result<Answer, HTTPFault> = await withTaskCancellationHandler {
            await threads.run { transfer in
                do throws(CurlFault) {
                    var current = if let open = transfer.take() { open } else { try HTTPTransfer() }
                    let result = current.perform(request, settings, abort)
                    transfer = consume current
                    return result
                } catch {
                    return .failure(HTTPFault(error))
                }
            }
        } onCancel: {
            abort.raise()
        }
        return try result.get()
    }
}
