import Curl
import Delivery
import Testing

@Suite("A relay's configuration")
struct RelaySettingsTests {
    @Test("every mistake is told at once")
    func mistakes() throws {
        let error = try #require(throws: SettingMistakes.self) {
            try RelaySettings(
                name: "", host: "no host", port: 70_000, tls: .startTLS,
                account: .password(user: "u", password: "", mechanism: .password), connections: 0, heloName: "a", idleTimeout: .zero)
        }
        #expect(error.list.map(\.field) == ["name", "connections", "idleTimeout", "password"])
    }

    @Test("what is right is kept, and no print shows the password")
    func right() throws {
        let settings = try RelaySettings(
            name: "relay", host: "smtp.agglo.example", port: 587,
            account: .password(user: "u", password: "hunter2", mechanism: .password), heloName: "gateway.agglo.example")
        #expect(settings.address == "smtp.agglo.example:587")
        #expect(settings.relay.security == .startTLS)
        #expect(settings.relay.responseTimeout == .seconds(600))
        #expect(!"\(settings)".contains("hunter2"))
    }
}
