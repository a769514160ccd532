import Council
import Curl
import Delivery
import Foundation
import Gateway
import TestSupport
import Testing

@Suite("Relays in the configuration")
struct RelaySectionTests {
    private static func reading(_ relay: String, after: String = "", in folder: URL) throws -> SettingsReading {
        for name in ["secret", "c.pem", "k.pem"] { try Data("hunter2\n".utf8).write(to: folder.appendingPathComponent(name)) }
        return SettingsReading(
            yaml: """
                authority: { name: Valmont, siren: "200012345" }
                clerk: { name: Secrétariat, address: a@valmont.example }
                bodies: { conseil: { name: Conseil, clearDays: 5 } }
                publicURL: https://convocations.valmont.example
                listen: 127.0.0.1:8080
                relay: \(relay)
                mail: { from: { name: Valmont, address: a@valmont.example }, envelopeSender: r@valmont.example }
                folders: { data: data, drop: drop }
                \(after)
                """, folder: folder, name: "x.yml")
    }

    private static func inFolder<T>(_ body: (URL) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("relays-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // The system's folder is emptied anyway.
        return try body(folder)
    }

    @Test("everything that a relay can be told, and a second one with its own")
    func whole() throws {
        try Self.inFolder { folder in
            let relay = """
                { host: smtp.office365.com, user: c@valmont.example, authentication: oauthbearer, deliveryReports: all,
                  oauth: { tokenURL: https://login.example/token, clientID: id, clientSecretFile: secret, scope: "https://x/.default" },
                  limits: { perMinute: 30, perDay: 10000, perDomain: { perSecond: 2 } },
                  clientCertificate: c.pem, clientKey: k.pem, pinnedKey: "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }
                """
            let after = """
                backupRelays:
                  - { host: autre.valmont.example, user: u, passwordCredential: relay-password, authentication: cram-md5 }
                delivery: { unknown: hold }
                """
            let reading = try Self.reading(relay, after: after, in: folder)
            let settings = try #require(reading.settings, "\(reading.mistakes)")
            #expect(settings.relays.map(\.address) == ["smtp.office365.com:587", "autre.valmont.example:587"])
            let first = settings.relays[0]
            #expect(first.mechanism == .oauthBearer && first.tokens?.scope == "https://x/.default" && first.reports == .all)
            #expect(first.limits == RateLimits(perMinute: 30, perDay: 10_000) && first.domainLimits == RateLimits(perSecond: 2))
            #expect(first.clientCertificate?.key.lastPathComponent == "k.pem" && first.pinnedKey?.hasPrefix("sha256//47DE") == true)
            let second = settings.relays[1]
            #expect(second.mechanism == .cramMD5 && second.password == .credential("relay-password") && second.limits == .none)
            #expect(settings.unknownPolicy == .hold)
            #expect(throws: SecretError.noCredentials("relay-password")) { try second.password?.read(environment: [:]) }
        }
    }

    @Test(
        "each mistake names its key, and no secret is repeated",
        arguments: [
            ("{ host: a.example, limits: { perMinute: 0 } }", "", "relay.limits.perMinute"),
            ("{ host: a.example, limits: { perWeek: 5 } }", "", "relay.limits.perWeek"),
            ("{ host: a.example, user: u, authentication: xoauth2, passwordFile: secret }", "", "relay.authentication"),
            (
                "{ host: a.example, user: u, oauth: { tokenURL: 'http://login.example/t', clientID: i, clientSecretFile: secret } }", "",
                "relay.oauth.tokenURL"
            ),
            (
                "{ host: a.example, user: u, oauth: { tokenURL: 'https://login.example/t', clientID: i } }", "",
                "relay.oauth.clientSecretFile"
            ),
            (
                "{ host: a.example, user: u, oauth: { tokenURL: 'https://login.example/t', clientID: i, clientSecret: hunter2 } }", "",
                "relay.oauth.clientSecret"
            ),
            (
                "{ host: a.example, oauth: { tokenURL: 'https://login.example/t', clientID: i, clientSecretFile: secret } }", "",
                "relay.user"
            ),
            ("{ host: a.example, clientCertificate: c.pem }", "", "relay.clientKey"),
            ("{ host: a.example, user: u, passwordCredential: ../x }", "", "relay.passwordCredential"),
            ("{ host: a.example }", "backupRelays: [ { host: a.example } ]", "backupRelays[1].host"),
            ("{ host: a.example }", "backupRelays: [ { port: 25 } ]", "backupRelays[1].host"),
            ("{ host: a.example }", "delivery: { unknown: guess }", "delivery.unknown"),
            ("{ host: a.example, deliveryReports: some }", "", "relay.deliveryReports"),
        ])
    func mistakes(_ relay: String, _ after: String, _ key: String) throws {
        try Self.inFolder { folder in
            let reading = try Self.reading(relay, after: after, in: folder)
            #expect(reading.settings == nil)
            #expect(reading.mistakes.map(\.key) == [key])
            #expect(reading.mistakes.allSatisfy { !$0.text(.french).contains("hunter2") })
        }
    }
}
