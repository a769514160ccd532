package import Foundation

/// Where the node's user and password are kept. They are read at each use: a node writes a new cookie at each start.
package enum NodeCredentials: Hashable, Sendable {
    /// One line `user:password`: the `.cookie` that the node writes, or a file of the same form.
    case cookieFile(URL)
    case passwordFile(user: String, URL)

    package var file: URL {
        switch self {
        case .cookieFile(let file), .passwordFile(_, let file): file
        }
    }

    /// The value of the `Authorization` header (RFC 7617). Never in a log: what is thrown names the file only.
    func authorization() throws(NodeFault) -> String {
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw .credentials(file.path)
        }
        let line = text.prefix { !$0.isNewline }
        let pair: String
        switch self {
        case .cookieFile: pair = String(line)
        case .passwordFile(let user, _): pair = user + ":" + line
        }
        guard let colon = pair.firstIndex(of: ":"), colon != pair.startIndex, pair.index(after: colon) != pair.endIndex else {
            throw .credentials(file.path)
        }
        return "Basic " + Data(pair.utf8).base64EncodedString()
    }
}
