import Curl
import Testing

@Suite("A relay's settings")
struct SMTPRelayTests {
    @Test("every mistake is told at once, under its name")
    func mistakes() throws {
        let error = try #require(throws: SettingMistakes.self) {
            try SMTPRelay(
                host: "relay.example/evil", port: 0, caFile: "/nonexistent/ca.pem", heloName: "a b", connectTimeout: .zero,
                responseTimeout: .seconds(-1))
        }
        #expect(error.list.map(\.field) == ["host", "port", "heloName", "caFile", "connectTimeout", "responseTimeout"])
    }

    @Test(
        "a host is a name or an address, nothing else",
        arguments: [
            "", "a b", "user@host", "host:25", "[::1]", "a..b", "-a", "a_b", "h\r\nost", "é.example", "x?y", "x#y", "%41", ":::",
            String(repeating: "a", count: 64),
        ])
    func hosts(_ host: String) {
        #expect(throws: SettingMistakes.self) { try SMTPRelay(host: host, port: 25, heloName: "a.example") }
    }

    @Test(
        "what EHLO says can't smuggle a command or another path",
        arguments: ["", "a\r\nRSET", "a/b", "[a", "[1.2.3.4]x", "[IPv6:zz]", "a?b"])
    func helloNames(_ name: String) {
        #expect(throws: SettingMistakes.self) { try SMTPRelay(host: "a.example", port: 25, heloName: name) }
    }

    @Test("address literals are good for EHLO, IPv6 hosts are written in brackets")
    func literals() throws {
        let relay = try SMTPRelay(host: "::1", port: 465, security: .implicit, heloName: "[IPv6:::1]")
        #expect(relay.address == "[::1]:465")
        #expect(try SMTPRelay(host: "10.0.0.1", port: 25, heloName: "[10.0.0.2]").address == "10.0.0.1:25")
    }

    @Test("a password is not sent in clear, except to this machine")
    func clear() throws {
        let credentials = try SMTPCredentials(user: "u", password: "p")
        #expect(throws: SettingMistakes.self) {
            try SMTPRelay(host: "relay.example", port: 25, security: .none, credentials: credentials, heloName: "a")
        }
        _ = try SMTPRelay(host: "127.0.0.1", port: 25, security: .none, credentials: credentials, heloName: "a")
    }

    @Test("the password shows in no way of printing")
    func secret() throws {
        let credentials = try SMTPCredentials(user: "gateway", password: "hunter2")
        let relay = try SMTPRelay(host: "relay.example", port: 587, credentials: credentials, heloName: "a")
        var dumped = ""
        dump(relay, to: &dumped)
        for text in ["\(credentials)", "\(relay)", String(reflecting: relay), String(describing: credentials), dumped] {
            #expect(!text.contains("hunter2"))
        }
    }
}
