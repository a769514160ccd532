package import Council
package import Curl
package import Foundation
import Synchronization

/// Where access tokens come from (RFC 6749): with our own credentials (§4.4, Exchange Online) or with a refresh token that somebody
/// obtained once by signing in (§6, Google).
package struct TokenIssuer: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package enum Grant: Hashable, Sendable {
        case clientCredentials
        /// The first one; later ones that the issuer gives are kept in `file`, which wins over this (nil: nowhere).
        case refreshToken(String, file: String?)
    }

    /// `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`, `https://oauth2.googleapis.com/token`
    package let url: String
    package let clientID: String
    let clientSecret: String?
    package let grant: Grant
    /// `https://outlook.office365.com/.default`; nil: the issuer's own choice.
    package let scope: String?

    package init(url: String, clientID: String, clientSecret: String?, grant: Grant, scope: String?) {
        self.url = url
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.grant = grant
        self.scope = scope
    }

    package var description: String { url }
    package var customMirror: Mirror { Mirror(self, children: ["url": url, "clientID": clientID]) }
}

/// Why there is no token. No secret, one line.
package struct TokenFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let words: String
    /// The issuer refused us: nobody mends that within seconds.
    package let isConfiguration: Bool

    package var description: String { words }
}

/// Access tokens as they are needed: one is asked for, kept, and replaced before it ends. Several askers wait for one answer.
package actor AccessTokens {
    private struct Token {
        let text: String
        /// From then on a new one is got first.
        let renewAt: Date
        let expiresAt: Date
    }

    private let issuer: TokenIssuer
    private let http: HTTPClient
    private var token: Token?
    private var asking: Task<Token, any Error>?

    package init(_ issuer: TokenIssuer, http: HTTPClient) {
        self.issuer = issuer
        self.http = http
    }

    /// A token that is good for now. One that is near its end is replaced; where the issuer doesn't answer, it serves to its end.
    package func current(at now: Date) async throws -> String {
        if let token, now < token.renewAt { return token.text }
        do {
            return try await renewed(at: now).text
        } catch {
            if let token, now < token.expiresAt { return token.text }
            throw error
        }
    }

    /// The relay refused this token: it isn't given again.
    package func discard(_ text: String) {
        if token?.text == text { token = nil }
    }

    /// As others use it.
    package nonisolated func source(_ clock: WallClock) -> TokenSource {
        TokenSource(current: { try await self.current(at: clock.now()) }, discard: { await self.discard($0) })
    }

    /// Until when the token is good that was given last; nil: none was.
    package var expiry: Date? { token?.expiresAt }

    private func renewed(at now: Date) async throws -> Token {
        if let asking { return try await asking.value }
        let task = Task { try await request(at: now) }
        asking = task
        defer { asking = nil }
        let new = try await task.value
        token = new
        return new
    }

    private func request(at now: Date) async throws -> Token {
        var fields = ["client_id": issuer.clientID]
        fields["client_secret"] = issuer.clientSecret
        fields["scope"] = issuer.scope
        switch issuer.grant {
        case .clientCredentials: fields["grant_type"] = "client_credentials"
        case .refreshToken(let first, let file):
            fields["grant_type"] = "refresh_token"
            fields["refresh_token"] = try file.flatMap(Self.kept) ?? first
        }
        let body = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        let answer: HTTPClient.Answer
        do {
            answer = try await http.post(
                issuer.url,
                headers: [.init("Content-Type", "application/x-www-form-urlencoded"), .init("Accept", "application/json")],
                body: Array(body.utf8))
        } catch {
            throw TokenFault(words: "no access token from \(issuer.url): \(error)", isConfiguration: false)
        }
        guard answer.status == 200 else {
            throw TokenFault(
                words: "no access token from \(issuer.url): HTTP \(answer.status)\(Self.errorCode(answer.body))",
                // RFC 6749 §5.2: invalid_client, invalid_grant, unauthorized_client… all are 400 or 401.
                isConfiguration: (400..<500).contains(answer.status) && answer.status != 408 && answer.status != 429)
        }
        /// RFC 6749 §5.1.
        struct Grant: Decodable {
            let token: String
            let life: Double?
            let refreshToken: String?

            enum CodingKeys: String, CodingKey {
                case token = "access_token"
                case life = "expires_in"
                case refreshToken = "refresh_token"
            }
        }
        guard let grant = try? JSONDecoder().decode(Grant.self, from: Data(answer.body)), Self.isToken(grant.token) else {
            // What is wrong inside may be a secret's part: the reason isn't told further.
            throw TokenFault(words: "no access token from \(issuer.url): its answer is no token (RFC 6749 §5.1)", isConfiguration: false)
        }
        // A crash before this is written leaves the older one, which issuers accept once more; written first, nothing is lost.
        if case .refreshToken(_, let file?) = issuer.grant, let next = grant.refreshToken { try Self.keep(next, in: file) }
        let life = max(0, grant.life ?? 3600)
        return Token(text: grant.token, renewAt: now + max(life - 300, life / 2), expiresAt: now + life)
    }

    private static func kept(in file: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Readable by us alone; by rename, so that it is the old one or the new one.
    private static func keep(_ token: String, in file: String) throws {
        let new = file + ".new"
        guard FileManager.default.createFile(atPath: new, contents: Data((token + "\n").utf8), attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: new)
        else { throw TokenFault(words: "the new refresh token can't be kept in \(file)", isConfiguration: true) }
        try handle.synchronize()
        try handle.close()
        // `doctor` run by root leaves what the service's own account can read.
        var folder = stat()
        if geteuid() == 0, stat((file as NSString).deletingLastPathComponent, &folder) == 0, chown(new, folder.st_uid, folder.st_gid) != 0 {
            throw TokenFault(words: "the new refresh token can't be given to the service's account: \(file)", isConfiguration: true)
        }
        guard rename(new, file) == 0 else {
            throw TokenFault(words: "the new refresh token can't be kept in \(file)", isConfiguration: true)
        }
    }

    /// `: invalid_client`, as RFC 6749 §5.2 names it, and nothing else of the answer.
    private static func errorCode(_ body: [UInt8]) -> String {
        struct Refusal: Decodable { let error: String }
        // Not JSON: the status says what there is to say.
        guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body)), refusal.error.utf8.count <= 64,
            refusal.error.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
        else { return "" }
        return ", " + refusal.error
    }

    /// RFC 6750 §2.1.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 16_384 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
