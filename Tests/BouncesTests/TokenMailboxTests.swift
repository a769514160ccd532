import Bounces
import Council
import Curl
import Delivery
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

/// Dovecot asks a small server on loopback about each token (RFC 7662); the same server issues them (RFC 6749).
@Suite("The mailbox of returns, with access tokens", .serialized)
struct TokenMailboxTests {
    /// Issues `token-1`, `token-2`…; those from `firstGood` on are active.
    private static func authority(firstGood: Int) throws -> RawHTTPServer {
        let issued = Mutex(0)
        return try RawHTTPServer { head in
            let body: String
            if head.hasPrefix("POST /token ") {
                let number = issued.withLock { issued in
                    issued += 1
                    return issued
                }
                body = #"{"access_token":"token-\#(number)","token_type":"Bearer","expires_in":3600}"#
            } else {
                let number = head.range(of: "token=token-").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
                body =
                    number >= firstGood ? #"{"active":true,"username":"\#(Dovecot.user)"}"# : #"{"active":false}"#
            }
            return
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        }
    }

    private static func source(_ dovecot: Dovecot, _ authority: RawHTTPServer, _ mechanism: SMTPCredentials.Mechanism) throws -> IMAPSource
    {
        let issuer = TokenIssuer(
            url: authority.url + "/token", clientID: "appariteur", clientSecret: "secret", grant: .clientCredentials, scope: nil)
        let server = try IMAPServer(
            host: "127.0.0.1", port: dovecot.tlsPort, caFile: dovecot.caFile,
            credentials: SMTPCredentials(user: Dovecot.user, tokensBy: mechanism))
        return IMAPSource(
            server: server, folder: try #require(IMAPFolder("INBOX")), done: nil,
            tokens: AccessTokens(issuer, http: HTTPClient()).source(.fixed(Sample.now)))
    }

    @Test(
        "a token opens it and reports are read; one token serves several passes",
        arguments: [SMTPCredentials.Mechanism.xoauth2, .oauthBearer])
    func opens(_ mechanism: SMTPCredentials.Mechanism) async throws {
        let authority = try Self.authority(firstGood: 1)
        defer { authority.stop() }
        let dovecot = try await Dovecot(introspection: authority.url + "/introspect?token=")
        let desk = try await Desk()
        try await aside { try dovecot.append([Fixture.bytes("failed-postfix.eml")]) }
        let service = try desk.service(Self.source(dovecot, authority, mechanism))
        #expect(try await service.readPending() == 1)
        #expect(try await service.readPending() == 0)
        #expect(try await desk.status.state == .failed)
        #expect(authority.requests.count { $0.head.hasPrefix("POST /token ") } == 1)
        #expect(authority.requests.contains { $0.head.contains("token=token-1") }, "Dovecot asked about it")
    }

    @Test("one that the server refuses is not given again, and is in no fault's words")
    func refused() async throws {
        let authority = try Self.authority(firstGood: 2)
        defer { authority.stop() }
        let dovecot = try await Dovecot(introspection: authority.url + "/introspect?token=")
        let source = try Self.source(dovecot, authority, .xoauth2)
        do {
            _ = try await source.pending(limit: 1)
            Issue.record("token-1 is not active")
        } catch let fault as IMAPFault {
            #expect(fault.kind == .login)
            #expect(!"\(fault)".contains("token-1"))
        }
        #expect(try await source.pending(limit: 1) == [])
        #expect(authority.requests.count { $0.head.hasPrefix("POST /token ") } == 2)
    }

    @Test("without a token nothing is asked of the server, and the fault says what the issuer said")
    func noToken() async throws {
        let authority = try RawHTTPServer { _ in
            #"HTTP/1.1 400 Bad Request\#r\#nContent-Length: 26\#r\#nConnection: close\#r\#n\#r\#n{"error":"invalid_client"}"#
        }
        defer { authority.stop() }
        let dovecot = try await Dovecot(introspection: authority.url + "/introspect?token=")
        await #expect {
            _ = try await Self.source(dovecot, authority, .xoauth2).pending(limit: 1)
        } throws: {
            "\($0)".contains("invalid_client")
        }
        // Looks whether the server answers, as it was started, are all that it has seen.
        let logins = dovecot.log.split(separator: "\n").filter {
            $0.contains("imap-login") && !$0.contains("disconnected before auth was ready")
        }
        #expect(logins == [])
    }
}
