package import Council
package import Foundation

/// Where a secret is kept; its value is read when the service starts and never printed.
package enum SecretSource: Hashable, Sendable {
    case file(URL)
    case environment(String)
    /// A file of this name among those that systemd hands to the service (`LoadCredential=`, `LoadCredentialEncrypted=`).
    case credential(String)

    /// The secret without its final line break. Throws when the file or the variable isn't there.
    package func read(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        switch self {
        case .file(let url): return try Self.contents(of: url)
        case .credential(let name):
            guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { throw SecretError.noCredentials(name) }
            return try Self.contents(of: URL(fileURLWithPath: folder).appendingPathComponent(name))
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else { throw SecretError.variableNotSet(name) }
            return value
        }
    }

    private static func contents(of url: URL) throws -> String {
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

package enum SecretError: WordedError, Hashable, CustomStringConvertible {
    case variableNotSet(String)
    /// The service was not started by systemd, or without credentials.
    case noCredentials(String)

    package var description: String { words.english }

    package var words: Bilingual {
        switch self {
        case .variableNotSet(let name):
            Bilingual("la variable d'environnement \(name) n'est pas définie", "environment variable \(name) is not set")
        case .noCredentials(let name):
            Bilingual(
                "systemd n'a transmis aucun secret (LoadCredential=\(name):… dans l'unité)",
                "systemd has handed over no credentials (LoadCredential=\(name):… in the unit)")
        }
    }
}
