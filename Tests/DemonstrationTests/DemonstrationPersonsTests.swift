import Council
import Curl
import Demonstration
import Foundation
import Hummingbird
import Synchronization
import TestSupport
import Testing

@Suite("People and a robot that press links")
struct DemonstrationPersonsTests {
    /// What a server saw.
    final class Seen: Sendable {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func add(_ request: Request) {
            let language = request.headers[.acceptLanguage] == nil ? "without language" : "with language"
            kept.withLock { $0.append("\(request.method) \(request.uri.string) \(language)") }
        }
    }

    private func withReception<Result: Sendable>(
        _ body: @escaping @Sendable (DemonstrationPersons, ReceivedMail, Seen) async throws -> Result
    ) async throws -> Result {
        let seen = Seen()
        let router = Router()
        for method in [HTTPRequest.Method.get, .head, .post] {
            router.on("/r/{link}", method: method) { request, context -> Response in
                seen.add(request)
                var request = request
                switch (request.method, context.parameters.get("link")) {
                case (.head, _): return Response(status: .ok)
                case (.get, "un"): return .redirect(to: "/d/note.pdf")
                case (.get, _):
                    let page =
                        "<form method=\"post\"><input type=\"hidden\" name=\"form\" value=\"a&amp;b =é\"><button>Ouvrir</button></form>"
                    return Response(
                        status: .ok, headers: [.contentType: "text/html; charset=utf-8"], body: .init(byteBuffer: ByteBuffer(string: page)))
                default:
                    let body = String(buffer: try await request.collectBody(upTo: 1000))
                    return body == "form=a%26b%20%3D%C3%A9" ? .redirect(to: "../d/note.pdf") : Response(status: .badRequest)
                }
            }
        }
        router.get("/d/note.pdf") { request, _ -> Response in
            seen.add(request)
            return Response(status: .ok, headers: [.contentType: "application/pdf"], body: .init(byteBuffer: ByteBuffer(string: "%PDF")))
        }
        return try await withSite(router) { port in
            let made = try await aside { try Tool.judge("sample_mail.py", ["whole", "http://127.0.0.1:\(port)"]) }
            let mail = MailShelf().keep(sender: "", recipients: ["a@b.example"], bytes: made.output, at: Sample.now)
            return try await body(DemonstrationPersons(client: HTTPClient()), mail, seen)
        }
    }

    @Test func `a person sees the visible links only, and a redirect leads to the document`() async throws {
        try await withReception { persons, mail, seen in
            let links = try DemonstrationPersons.links(in: mail)
            #expect(links.map(\.words) == ["Ouvrir la convocation", "Budget primitif", "."])
            #expect(links.map(\.isHidden) == [false, false, true])
            #expect(links[0].url.hasSuffix("/r/un?a=1&b=2"))
            let visit = try await persons.open(mail)
            #expect(visit.statuses == [303, 200] && visit.mediaType == "application/pdf" && visit.size == 4 && !visit.pressedButton)
            #expect(seen.lines == ["GET /r/un?a=1&b=2 with language", "GET /d/note.pdf with language"])
            await #expect(throws: DemonstrationPersons.Fault.noLink(mail: mail.id)) { try await persons.open(mail, choice: 2) }
        }
    }

    @Test func `a person presses the button where the page has one`() async throws {
        try await withReception { persons, mail, seen in
            let visit = try await persons.open(mail, where: { $0.words == "Budget primitif" })
            #expect(visit.statuses == [200, 303, 200] && visit.pressedButton && visit.mediaType == "application/pdf")
            #expect(seen.lines == ["GET /r/deux with language", "POST /r/deux with language", "GET /d/note.pdf with language"])
        }
    }

    @Test func `the robot asks for every link, the hidden one too, twice, without a language, and presses nothing`() async throws {
        try await withReception { persons, mail, seen in
            let visits = try await persons.scan(mail)
            #expect(visits.map(\.statuses) == [[200, 303], [200, 200], [200, 200]])
            #expect(
                seen.lines
                    == ["un?a=1&b=2", "deux", "piege"].flatMap { ["HEAD /r/\($0) without language", "GET /r/\($0) without language"] })
        }
    }

    @Test func `a message without HTML says so`() async throws {
        let mail = MailShelf().keep(sender: "", recipients: ["a@b.example"], bytes: Array("Subject: x\r\n\r\ntexte".utf8), at: Sample.now)
        #expect(throws: DemonstrationPersons.Fault.noHTML(mail: 1)) { try DemonstrationPersons.links(in: mail) }
    }

    @Test func `in a real convocation every document's link is seen, and the trap is not`() throws {
        for name in ["convocation-fr.eml", "convocation-en.eml"] {
            let file = Tool.repository.appendingPathComponent("Tests/CompositionTests/Golden/" + name)
            let bytes = Array(try Data(contentsOf: file))
            let mail = MailShelf().keep(sender: "", recipients: ["a@b.example"], bytes: bytes, at: Sample.now)
            let links = try DemonstrationPersons.links(in: mail).filter { $0.url.contains("/r/") }
            #expect(links.count { $0.isHidden } == 1)
            #expect(links.count { !$0.isHidden } >= 3)
        }
    }
}
