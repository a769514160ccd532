package import Council
package import Foundation

/// Where a secret is kept; its value is read when the service starts and never printed.
package enum SecretSource: Hashable, Sendable {
    case file(URL)
    case environment(String)

    /// The secret without its final line break. Throws when the file or the variable isn't there.
    package func read(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
        switch self {
        case .file(let url):
            let text = try String(contentsOf: url, encoding: .utf8)
            return text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else { throw SecretError.variableNotSet(name) }
            return value
        }
    }
}

package enum SecretError: WordedError, Hashable, CustomStringConvertible {
    case variableNotSet(String)

    package var description: String { words.english }

    package var words: Bilingual {
        switch self {
        case .variableNotSet(let name):
            Bilingual("la variable d'environnement \(name) n'est pas définie", "environment variable \(name) is not set")
        }
    }
}
