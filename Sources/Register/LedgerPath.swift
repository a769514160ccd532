import Ledger

/// One of the files that may be read under `/ledger/`, and nothing else: what doesn't parse is not looked for. The path of the
/// file is made from what was read, never from the request's text.
struct LedgerPath: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// As the ledger signed it, or with witnesses' cosignatures.
        case checkpoint
        case verifierKey
        case tile(isFull: Bool)
        /// Evidence, which can still grow: a proof is upgraded, a cosignature is added.
        case anchor
    }

    let kind: Kind
    /// Below the ledger's folder; each holds letters, digits, `-` and `.` only, and none begins with a dot.
    let components: [String]

    static let checkpoint = LedgerPath(kind: .checkpoint, components: ["checkpoint"])

    private init(kind: Kind, components: [String]) {
        self.kind = kind
        self.components = components
    }

    /// `text` is what follows `/ledger/` in the request, percent signs and all: no name of ours needs one.
    init?(parsing text: some StringProtocol) {
        let text = String(text)
        // A path has at most: anchors, a number of 20 digits, a short name.
        guard text.utf8.count <= 200 else { return nil }
        switch text {
        case "checkpoint", "cosigned": kind = .checkpoint
        case "vkey": kind = .verifierKey
        default:
            if let tile = Tile(path: text), tile.path.utf8.elementsEqual(text.utf8) {
                kind = .tile(isFull: tile.isFull)
            } else if Self.isAnchor(text) {
                kind = .anchor
            } else {
                return nil
            }
        }
        components = text.split(separator: "/").map(String.init)
    }

    /// `anchors/<size>/<file>`
    private static func isAnchor(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "anchors", let size = UInt64(parts[1]), String(size).utf8.elementsEqual(parts[1].utf8)
        else { return false }
        return isAnchorFile(parts[2])
    }

    /// `checkpoint`, `body`, `body.ots`, `block-<height>.header`, and what `EvidenceName` knows: `body.<authority>.tsr`, `body.chain.pem`…
    static func isAnchorFile(_ name: some StringProtocol) -> Bool {
        if ["checkpoint", "body", "body.ots"].contains(where: { name.utf8.elementsEqual($0.utf8) }) { return true }
        if name.hasPrefix("block-"), name.hasSuffix(".header") {
            let height = name.dropFirst(6).dropLast(7)
            return UInt64(height).map { String($0).utf8.elementsEqual(height.utf8) } ?? false
        }
        return EvidenceName(name) != nil
    }

    var mediaType: String {
        switch (kind, components.last) {
        case (.checkpoint, _), (.verifierKey, _), (.anchor, "checkpoint"), (.anchor, "body"): "text/plain; charset=utf-8"
        case (.anchor, let name?) where name.hasSuffix(".header"): "text/plain; charset=utf-8"
        case (.anchor, let name?) where name.hasSuffix(".tsr"): "application/timestamp-reply"
        case (.anchor, let name?) where name.hasSuffix(".pem"): "application/x-pem-file"
        case (.anchor, let name?) where name.hasSuffix(".txt"): "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }

    /// A full tile never changes; a partial one is soon replaced by a wider one; the rest is what it is now.
    var cacheControl: String {
        switch kind {
        case .checkpoint: "no-cache"
        case .verifierKey, .anchor: "public, max-age=60"
        case .tile(isFull: true): "public, max-age=31536000, immutable"
        case .tile(isFull: false): "public, max-age=300"
        }
    }
}
