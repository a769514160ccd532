import Hummingbird
import Logging
import ServiceLifecycle

/// A real web server on a free port of loopback, for as long as `body` runs.
func withSite<Result: Sendable>(
    _ router: Router<BasicRequestContext>, _ body: @escaping @Sendable (_ port: Int) async throws -> Result
) async throws -> Result {
    let (ports, opened) = AsyncStream<Int>.makeStream()
    let application = Application(
        router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in opened.yield(channel.localAddress?.port ?? 0) },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            defer { opened.finish() }
            try await application.run()
            return nil
        }
        guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
        let result = try await body(port)
        group.cancelAll()
        return result
    }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
