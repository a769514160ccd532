import Hummingbird

/// The yardstick for clicks: the same server library answering a redirect with no token, no database, no receipt.
@main
struct BareRedirect {
    static func main() async throws {
        let port = Int(CommandLine.arguments.dropFirst().first ?? "8099") ?? 8099
        let router = Router()
        router.get("r/:token") { _, _ in Response.redirect(to: "/d/document.pdf", type: .normal) }
        let application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}
