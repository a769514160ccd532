import Curl
import Foundation
import TestSupport
import Testing

@Suite("The HTTP client")
struct HTTPClientTests {
    @Test("GET gives status, headers and body")
    func get() async throws {
        let server = try RawHTTPServer { _ in "HTTP/1.1 404 Not Found\r\nX-A: one\r\nx-a:  two \r\nContent-Length: 5\r\n\r\nhello" }
        defer { server.stop() }
        let answer = try await HTTPClient().get(server.url + "/a?b=c", headers: [.init("Accept", "text/plain"), .init("X-Empty", "")])
        #expect(answer.status == 404)
        #expect(answer.text == "hello")
        #expect(answer.header("X-A") == "one")
        #expect(answer.headers.filter { $0.name.lowercased() == "x-a" }.map(\.value) == ["one", "two"])
        let request = try #require(server.requests.first?.head)
        #expect(request.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
        #expect(request.contains("\r\nAccept: text/plain\r\n"))
        #expect(request.contains("\r\nX-Empty:\r\n"))
    }

    @Test("POST carries its bytes, an empty body too", arguments: [0, 2, 2_000_000])
    func post(_ count: Int) async throws {
        let server = try RawHTTPServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }
        defer { server.stop() }
        let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let answer = try await HTTPClient().post(
            server.url + "/", headers: [.init("Content-Type", "application/timestamp-query")], body: body)
        #expect(answer.text == "ok")
        let request = try #require(server.requests.first)
        #expect(request.head.hasPrefix("POST / HTTP/1.1\r\n"))
        #expect(request.head.contains("\r\nContent-Type: application/timestamp-query\r\n"))
        #expect(request.head.contains("\r\nContent-Length: \(count)\r\n"))
        let isSame = request.body == body
        #expect(isSame)
    }

    @Test("HEAD asks for no body")
    func head() async throws {
        let server = try RawHTTPServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" }
        defer { server.stop() }
        let answer = try await HTTPClient().perform(.init(.head, server.url))
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(server.requests.first?.head.hasPrefix("HEAD / ") == true)
    }

    @Test("an answer that is too large is refused, whether it says so or not", arguments: ["Content-Length: 2000\r\n", ""])
    func large(_ header: String) async throws {
        let server = try RawHTTPServer { _ in "HTTP/1.1 200 OK\r\n\(header)\r\n" + String(repeating: "x", count: 2000) }
        defer { server.stop() }
        let client = HTTPClient(.init(answerLimit: 1999))
        let fault = await #expect(throws: HTTPFault.self) { try await client.get(server.url) }
        #expect(fault?.kind == .tooLarge)
        #expect(try await HTTPClient(.init(answerLimit: 2000)).get(server.url).body.count == 2000)
    }

    @Test("redirects are answers, followed only when asked")
    func redirects() async throws {
        let server = try RawHTTPServer { request in
            request.hasPrefix("GET /old ")
                ? "HTTP/1.1 303 See Other\r\nLocation: /new\r\nContent-Length: 3\r\n\r\nold"
                : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew"
        }
        defer { server.stop() }
        let answer = try await HTTPClient().get(server.url + "/old")
        #expect(answer.status == 303)
        #expect(answer.header("location") == "/new")
        let followed = try await HTTPClient().perform(.init(.get, server.url + "/old", redirects: 3))
        #expect(followed.status == 200)
        #expect(followed.text == "new")
        #expect(followed.header("Location") == nil)
    }

    @Test("a redirect to another protocol is not followed")
    func otherProtocol() async throws {
        let server = try RawHTTPServer { _ in "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n" }
        defer { server.stop() }
        let fault = await #expect(throws: HTTPFault.self) { try await HTTPClient().perform(.init(.get, server.url, redirects: 3)) }
        #expect(fault?.kind == .badRequest)
    }

    @Test("silence ends with the time-out, nobody there at once, and cancelling soon")
    func faults() async throws {
        let server = try RawHTTPServer { _ in nil }
        defer { server.stop() }
        let slow = await #expect(throws: HTTPFault.self) { try await HTTPClient(.init(timeout: .milliseconds(300))).get(server.url) }
        #expect(slow?.kind == .timeout)
        let port = try Loopback.freePorts(1)[0]
        let nobody = await #expect(throws: HTTPFault.self) { try await HTTPClient().get("http://127.0.0.1:\(port)/") }
        #expect(nobody?.kind == .unreachable)
        let task = Task { try await HTTPClient().get(server.url) }
        task.cancel()
        let cancelled = await #expect(throws: HTTPFault.self) { try await task.value }
        #expect(cancelled?.kind == .cancelled)
    }

    @Test(
        "malformed requests are not sent",
        arguments: [
            "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "http://", "http:///x", "http://u:p@127.0.0.1/", "http://127.0.0.1/a b",
            "http://127.0.0.1/\r\nX: y", "http://é.example/", "",
        ])
    func malformed(_ url: String) async {
        let fault = await #expect(throws: HTTPFault.self) { try await HTTPClient().get(url) }
        #expect(fault?.kind == .badRequest)
    }

    @Test("a header can't smuggle another", arguments: [("A", "b\r\nC: d"), ("A\r\nB", "c"), ("A: b", "c"), ("", "x"), ("A", "b\0")])
    func headers(_ name: String, _ value: String) async {
        let fault = await #expect(throws: HTTPFault.self) { try await HTTPClient().get("http://127.0.0.1/", headers: [.init(name, value)]) }
        #expect(fault?.kind == .badRequest)
    }

    @Test("printing a request shows no secret of it")
    func secret() {
        let request = HTTPClient.Request(
            .post, "https://node.example/rpc?key=hunter2", headers: [.init("Authorization", "Basic hunter2")], body: Array("hunter2".utf8))
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!("\(request)" + String(reflecting: request) + dumped).contains("hunter2"))
    }

    @Test("many requests at once each get their own answer")
    func many() async throws {
        let server = try RawHTTPServer { request in
            let path = request.split(separator: " ")[1]
            return "HTTP/1.1 200 OK\r\nContent-Length: \(path.utf8.count)\r\n\r\n\(path)"
        }
        defer { server.stop() }
        let client = HTTPClient(.init(threads: 3))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask { try await client.get(server.url + "/\(number)").text == "/\(number)" }
            }
            for try await right in group { #expect(right) }
        }
    }

    @Test("a certificate is believed only from a trusted authority and for the host that was asked")
    func certificates() async throws {
        let server = try TLSServer(for: ["IP:127.0.0.1"])
        defer { server.stop() }
        #expect(await eventually { Loopback.answers(on: server.port) })
        let answer = try await HTTPClient(.init(caFile: server.caFile)).get("https://127.0.0.1:\(server.port)/")
        #expect(answer.status == 200)
        for (client, host) in [(HTTPClient(), "127.0.0.1"), (HTTPClient(.init(caFile: server.caFile)), "localhost")] {
            let fault = await #expect(throws: HTTPFault.self) { try await client.get("https://\(host):\(server.port)/") }
            #expect(fault?.kind == .certificate)
        }
    }
}

/// `openssl s_server`, with a certificate of a test authority.
private final class TLSServer {
    let port: Int
    let caFile: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(for names: [String]) throws {
        folder = try TemporaryFolder()
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        try authority.issue("server", for: names)
        caFile = authority.certificate.path
        port = try Loopback.freePorts(1)[0]
        process = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", folder["server.pem"].path, "-key", folder["server.key"].path, "-www",
                "-quiet",
            ])
    }

    func stop() {
        process.kill(SIGTERM)
        process.wait()
    }
}
