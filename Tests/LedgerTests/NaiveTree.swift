import Crypto
import Ledger

/// RFC 9162 §2.1, word for word, over an array of leaf hashes: what the real code is compared with, down to a hash of its own. Roots are
/// remembered, so that the quadratic tests end.
final class NaiveTree {
    private let leaves: [[UInt8]]
    private var roots: [Range<Int>: [UInt8]] = [:]

    static func entry(_ index: Int) -> [UInt8] { Array("entry \(index)".utf8) }

    init(leaves: [[UInt8]]) { self.leaves = leaves }

    convenience init(count: Int) { self.init(leaves: (0..<count).map { Self.hash([0], Self.entry($0)) }) }

    func leaf(_ index: Int) -> [UInt8] { leaves[index] }

    func root(_ start: Int, _ end: Int) -> [UInt8] {
        if start == end { return Self.hash() }
        if end - start == 1 { return leaves[start] }
        if let known = roots[start..<end] { return known }
        let middle = start + Self.split(end - start)
        let hash = Self.hash([1], root(start, middle), root(middle, end))
        roots[start..<end] = hash
        return hash
    }

    func inclusion(_ index: Int, _ start: Int, _ end: Int) -> [[UInt8]] {
        if end - start == 1 { return [] }
        let middle = start + Self.split(end - start)
        return index < middle
            ? inclusion(index, start, middle) + [root(middle, end)] : inclusion(index, middle, end) + [root(start, middle)]
    }

    func consistency(_ old: Int, _ start: Int, _ end: Int, whole: Bool = true) -> [[UInt8]] {
        if old == end { return whole ? [] : [root(start, end)] }
        let middle = start + Self.split(end - start)
        return old <= middle
            ? consistency(old, start, middle, whole: whole) + [root(middle, end)]
            : consistency(old, middle, end, whole: false) + [root(start, middle)]
    }

    func node(_ node: TreeNode) -> [UInt8] {
        let width = 1 << node.height
        return root(Int(node.index) * width, (Int(node.index) + 1) * width)
    }

    private static func hash(_ parts: [UInt8]...) -> [UInt8] { Array(SHA256.hash(data: parts.flatMap { $0 })) }

    /// The largest power of two below n.
    private static func split(_ n: Int) -> Int {
        var k = 1
        while k * 2 < n { k *= 2 }
        return k
    }
}

func hex(_ text: String) -> [UInt8] {
    stride(from: 0, to: text.utf8.count, by: 2).map { offset in
        let start = text.index(text.startIndex, offsetBy: offset)
        return UInt8(text[start..<text.index(start, offsetBy: 2)], radix: 16) ?? 0
    }
}
