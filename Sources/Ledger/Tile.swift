/// One resource of a tiled log (c2sp.org/tlog-tiles): 1 to 256 consecutive hashes of one level, or the entries under 1 to 256
/// consecutive leaves. There is no empty tile.
package struct Tile: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// Hashes of nodes of height 8·level; 0…63.
        case hashes(level: Int)
        case entries
    }

    /// Hashes in a full tile.
    package static let fullWidth = 256

    package let content: Content
    package let index: UInt64
    /// 1…256; below 256 the tile is partial.
    package let width: Int

    /// Nil: such a tile can't exist.
    package init?(_ content: Content, index: UInt64, width: Int = Self.fullWidth) {
        guard (1...Self.fullWidth).contains(width) else { return nil }
        if case .hashes(let level) = content, !(0...63).contains(level) { return nil }
        self.content = content
        self.index = index
        self.width = width
    }

    package var isFull: Bool { width == Self.fullWidth }

    /// The same place, filled.
    package var full: Tile { Tile(content, index: index) ?? self }

    /// Below the log's prefix: `tile/0/x001/x234/067.p/8`.
    package var path: String {
        var groups = [Self.group(index % 1000)]
        var rest = index / 1000
        while rest > 0 {
            groups.insert("x" + Self.group(rest % 1000), at: 0)
            rest /= 1000
        }
        let kind =
            switch content {
            case .hashes(let level): String(level)
            case .entries: "entries"
            }
        return "tile/\(kind)/" + groups.joined(separator: "/") + (isFull ? "" : ".p/\(width)")
    }

    /// Nil unless it is exactly the path of a tile that can exist.
    package init?(path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "tile" else { return nil }
        let content: Content
        if parts[1] == "entries" {
            content = .entries
        } else if let level = Int(parts[1]) {
            content = .hashes(level: level)
        } else {
            return nil
        }
        var width = Self.fullWidth
        if parts[parts.count - 2].hasSuffix(".p") {
            guard let partial = Int(parts.removeLast()), partial < Self.fullWidth else { return nil }
            width = partial
            parts[parts.count - 1].removeLast(2)
        }
        var index: UInt64 = 0
        for group in parts.dropFirst(2) {
            guard let digits = UInt64(group.hasPrefix("x") ? group.dropFirst() : group) else { return nil }
            let (product, overflow) = index.multipliedReportingOverflow(by: 1000)
            guard !overflow, digits < 1000, product <= .max - digits else { return nil }
            index = product + digits
        }
        self.init(content, index: index, width: width)
        // What the lines above let pass (zeros, signs, a missing x) has another path than the tile read from it.
        guard self.path == path else { return nil }
    }

    private static func group(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension Tile {
    /// Bytes of a tile of hashes; nil for entries, whose lengths vary.
    package var byteCount: Int? { content == .entries ? nil : width * Merkle.hashSize }

    /// Whether these are whole bytes of this partial tile, with which the wider tile in its place begins.
    package func isBeginning(_ bytes: [UInt8], of wider: [UInt8]) -> Bool {
        guard wider.starts(with: bytes) else { return false }
        return byteCount.map { $0 == bytes.count } ?? ((try? EntryBundle.decode(bytes, count: width)) != nil)
    }

    /// The levels that a tree of this size has tiles in: as long as there is a complete node.
    package static func levels(ofTreeOf size: UInt64) -> Range<Int> {
        0..<(size == 0 ? 0 : (63 - size.leadingZeroBitCount) / 8 + 1)
    }

    /// The last tile at a level when it is partial; nil: every tile there is full.
    package static func partial(_ content: Content, treeSize size: UInt64) -> Tile? {
        let nodes = nodes(at: content, treeSize: size)
        return Tile(content, index: nodes / 256, width: Int(nodes % 256))
    }

    /// How many full tiles a level has.
    package static func fullCount(_ content: Content, treeSize size: UInt64) -> UInt64 { nodes(at: content, treeSize: size) / 256 }

    /// The tile that covers a place in the tree of this size: full or partial; nil: beyond the tree.
    package static func covering(_ content: Content, index: UInt64, treeSize size: UInt64) -> Tile? {
        index < fullCount(content, treeSize: size)
            ? Tile(content, index: index) : partial(content, treeSize: size).flatMap { $0.index == index ? $0 : nil }
    }

    private static func nodes(at content: Content, treeSize size: UInt64) -> UInt64 {
        if case .hashes(let level) = content { size >> UInt64(8 * level) } else { size }
    }
}
