import Council
import Curl
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Access tokens instead of a password")
struct AccessTokenTests {
    static func answer(_ json: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\nConnection: close\r\n\r\n\(json)"
    }

    static func fields(_ request: RawHTTPServer.Request) -> [String: String] {
        let pairs = String(decoding: request.body, as: UTF8.self).split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(
            uniqueKeysWithValues: pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]).removingPercentEncoding ?? "" : "") })
    }

    @Test("one token serves many messages, is replaced before it ends, and is asked for with our own credentials (RFC 6749 §4.4)")
    func clientCredentials() async throws {
        let count = Mutex(0)
        let server = try RawHTTPServer { _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            return Self.answer(#"{"token_type":"Bearer","expires_in":3600,"access_token":"token-\#(number)"}"#)
        }
        defer { server.stop() }
        let issuer = TokenIssuer(
            url: server.url + "/token", clientID: "id", clientSecret: "s&cret=+é", grant: .clientCredentials, scope: "https://x/.default")
        #expect(!"\(issuer)".contains("cret"))
        let tokens = AccessTokens(issuer, http: HTTPClient())
        let now = Sample.now
        let many = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try? await tokens.current(at: now) } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(many == ["token-1"])
        #expect(try await tokens.current(at: now + 3_299) == "token-1")
        #expect(try await tokens.current(at: now + 3_301) == "token-2")
        #expect(server.requests.count == 2)
        let asked = Self.fields(try #require(server.requests.first))
        #expect(
            asked == ["grant_type": "client_credentials", "client_id": "id", "client_secret": "s&cret=+é", "scope": "https://x/.default"])
    }

    @Test("a refresh token that the issuer replaces is kept for the next start, readable by us alone")
    func refresh() async throws {
        let server = try RawHTTPServer { _ in Self.answer(#"{"access_token":"a","expires_in":60,"refresh_token":"second"}"#) }
        defer { server.stop() }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // The system's folder is emptied anyway.
        let file = folder.appendingPathComponent("oauth.token").path
        let issuer = TokenIssuer(
            url: server.url, clientID: "id", clientSecret: nil, grant: .refreshToken("first", file: file), scope: nil)
        _ = try await AccessTokens(issuer, http: HTTPClient()).current(at: Sample.now)
        _ = try await AccessTokens(issuer, http: HTTPClient()).current(at: Sample.now)
        #expect(server.requests.map { Self.fields($0)["refresh_token"] } == ["first", "second"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a refusal names the issuer's reason and no secret; an answer that is no token is none")
    func refused() async throws {
        let answers = Mutex([
            Self.answer(#"{"error":"invalid_client","error_description":"secret s3cret is wrong"}"#, status: "401 Unauthorized"),
            Self.answer(#"{"error":"temporarily_unavailable"}"#, status: "503 Service Unavailable"), Self.answer("s3cret"),
            Self.answer(#"{"access_token":"a b"}"#),
        ])
        let server = try RawHTTPServer { _ in answers.withLock { $0.removeFirst() } }
        defer { server.stop() }
        let issuer = TokenIssuer(url: server.url, clientID: "id", clientSecret: "s3cret", grant: .clientCredentials, scope: nil)
        let tokens = AccessTokens(issuer, http: HTTPClient())
        var faults: [TokenFault] = []
        for _ in 0..<4 {
            do { _ = try await tokens.current(at: Sample.now) } catch let fault as TokenFault { faults.append(fault) }
        }
        #expect(faults.map(\.isConfiguration) == [true, false, false, false])
        #expect(faults.first?.words == "no access token from \(server.url): HTTP 401, invalid_client")
        #expect(faults.allSatisfy { !$0.words.contains("s3cret") })
    }

    @Test(
        "AUTH XOAUTH2 and OAUTHBEARER carry the token; a refused one is replaced, and none gets into our records",
        arguments: [
            SMTPCredentials.Mechanism.xoauth2, .oauthBearer,
        ])
    func authenticates(_ mechanism: SMTPCredentials.Mechanism) async throws {
        let count = Mutex(0)
        let http = try RawHTTPServer { _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            return Self.answer(#"{"access_token":"tok\#(number)","expires_in":3600}"#)
        }
        let heard = Mutex<[String]>([])
        let name = mechanism == .xoauth2 ? "XOAUTH2" : "OAUTHBEARER"
        let relay = try RudeServer { moment in
            switch moment.step {
            case .hello: return [.reply("250-rude.test"), .reply("250 AUTH \(name)")]
            case .other(let line) where line.hasPrefix("AUTH \(name) "):
                let text = String(decoding: Data(base64Encoded: String(line.split(separator: " ")[2])) ?? Data(), as: UTF8.self)
                heard.withLock { $0.append(text) }
                // The first one was revoked meanwhile; the relay says which.
                return text.contains("tok1\u{1}") ? [.reply("535 5.7.3 no: tok1")] : [.reply("235 2.7.0 Accepted")]
            default: return nil
            }
        }
        defer {
            http.stop()
            relay.stop()
        }
        let rig = try await Rig()
        let issuer = TokenIssuer(url: http.url, clientID: "id", clientSecret: "s", grant: .clientCredentials, scope: nil)
        let settings = try RelaySettings(
            name: "relay", host: "127.0.0.1", port: relay.port, tls: .none,
            account: .tokens(user: "convocations@agglo.example", mechanism: mechanism, issuer: issuer), connections: 1,
            heloName: "gateway.test", connectTimeout: .seconds(20), responseTimeout: .seconds(20))
        let service = rig.service(CurlCourier(settings, clock: rig.clock.wall))
        try await service.deliverDue()
        #expect(try await rig.status().allSatisfy { $0.lastReply?.contains("tok1") != true })
        rig.clock.advance(by: 3_000)
        #expect(try await service.deliverDue().accepted == 1)
        let texts = heard.withLock { $0 }
        #expect(texts.count == 2 && texts[1].contains("auth=Bearer tok2\u{1}") && texts[1].contains("convocations@agglo.example"))
        #expect(rig.log.lines.allSatisfy { !$0.text.contains("tok1") })
    }
}
