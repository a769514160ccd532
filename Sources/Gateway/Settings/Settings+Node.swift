import Council
import Foundation
import Notary

/// A node of one's own: `anchors.node`.
extension SettingsParts {
    /// Nil inside nil: wrong.
    func readNode(_ section: SettingsReader) -> AnchorSettings.Node?? {
        let url = readNodeURL(section)
        let wallet = section.text("wallet", required: false, example: "appariteur")
        let credentials = readCredentials(section)
        let network = choice(section, "network", default: ChainNetwork.bitcoin)
        let feeCap = section.integer("feeCap", default: 10_000, in: 200...10_000_000, example: "10000")
        let confirmations = section.integer("confirmations", default: 6, in: 1...144, example: "6")
        let interval = section.duration(
            "interval", default: .seconds(86_400), in: .seconds(600) ... .seconds(31 * 86_400), example: "24h")
        guard let url, let credentials, let network, let feeCap, let confirmations, let interval else { return nil }
        return AnchorSettings.Node(
            url: url, wallet: wallet, credentials: credentials, network: network, feeCap: Int64(feeCap), confirmations: confirmations,
            interval: interval)
    }

    /// What is wrong is not repeated: it may hold a password.
    private func readNodeURL(_ section: SettingsReader) -> String? {
        guard let text = section.text("url", example: "http://127.0.0.1:8332") else { return nil }
        if let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty, parts.port != nil, parts.user == nil,
            parts.query == nil, parts.fragment == nil, parts.path.isEmpty || parts.path == "/",
            parts.scheme == "https" || (parts.scheme == "http" && Self.isLoopback(host))
        {
            return text
        }
        section.wrong(
            "url",
            Bilingual(
                "n'est pas « https://machine:port », ou « http:// » vers cette machine (le mot de passe y passe en clair)",
                "is not “https://host:port”, or “http://” towards this machine (the password travels in the clear)"),
            "url: http://127.0.0.1:8332")
        return nil
    }

    private func readCredentials(_ section: SettingsReader) -> NodeCredentials? {
        if section.isPresent("password") {
            _ = section.node("password")
            section.wrong(
                "password", Bilingual("un mot de passe ne s'écrit pas ici", "a password is not written here"),
                "passwordFile: /etc/appariteur/node.password")
        }
        // It comes and goes with the node: `check` tells when it isn't there, and the service starts without it.
        let cookie = section.text("cookieFile", required: false, example: "/var/lib/bitcoind/.cookie").map(resolve)
        let user = section.text("user", required: false, example: "appariteur")
        let password = file(section, "passwordFile")
        switch (cookie, user, password) {
        case (let cookie?, nil, nil): return .cookieFile(cookie)
        case (nil, let user?, let password?):
            if !user.contains(":") { return .passwordFile(user: user, password) }
            section.wrong("user", Bilingual("contient « : »", "holds a “:”"), "user: appariteur")
        case (nil, nil, nil) where section.isPresent("cookieFile") || section.isPresent("passwordFile"):
            break  // Named, and wrong: told already.
        default:
            section.wrong(
                "cookieFile",
                Bilingual(
                    "il faut soit cookieFile, soit user et passwordFile", "either cookieFile, or user and passwordFile, is needed"),
                "cookieFile: /var/lib/bitcoind/.cookie")
        }
        return nil
    }
}
