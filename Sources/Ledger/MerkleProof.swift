/// One node of the tree: the root of the complete subtree over the leaves `index·2^height ..< (index+1)·2^height`.
package struct TreeNode: Hashable, Sendable {
    /// 0: a leaf.
    package let height: Int
    package let index: UInt64

    package init(height: Int, index: UInt64) {
        self.height = height
        self.index = index
    }
}

/// Why a proof proves nothing.
package enum ProofError: Error, Hashable, Sendable {
    /// The index is not below the size, or the first size is above the second.
    case outOfTree
    /// Too few or too many hashes for this place and size, or one that isn't 32 bytes.
    case wrongShape
    /// The hashes lead to another root.
    case wrongRoot
}

/// Proofs are made over a reader of complete nodes, so that the tree may lie anywhere: tiles, memory, a test's array.
extension Merkle {
    /// RFC 9162 §2.1.1, for the first `size` leaves.
    package static func root<E>(size: UInt64, read: (TreeNode) throws(E) -> [UInt8]) throws(E) -> [UInt8] {
        size == 0 ? emptyRoot : try hash(of: 0..<size, read: read)
    }

    /// RFC 9162 §2.1.3.1: the siblings from the leaf upward. The index must be below `size`.
    package static func inclusionProof<E>(
        of index: UInt64, size: UInt64, read: (TreeNode) throws(E) -> [UInt8]
    ) throws(E) -> [[UInt8]] {
        precondition(index < size, "the leaf lies in the tree")
        var path: [[UInt8]] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = split(range)
            if index < middle {
                path.append(try hash(of: middle..<range.upperBound, read: read))
                range = range.lowerBound..<middle
            } else {
                path.append(try hash(of: range.lowerBound..<middle, read: read))
                range = middle..<range.upperBound
            }
        }
        return path.reversed()
    }

    /// RFC 9162 §2.1.4.1. Empty from size 0, and between equal sizes. `old` must not be above `new`.
    package static func consistencyProof<E>(
        from old: UInt64, to new: UInt64, read: (TreeNode) throws(E) -> [UInt8]
    ) throws(E) -> [[UInt8]] {
        precondition(old <= new, "a ledger only grows")
        guard old > 0, old < new else { return [] }
        var path: [[UInt8]] = []
        var range = 0..<new
        // Whether the old tree's right part is still the whole old tree, whose root the verifier has.
        var whole = true
        while old < range.upperBound {
            let middle = split(range)
            if old <= middle {
                path.append(try hash(of: middle..<range.upperBound, read: read))
                range = range.lowerBound..<middle
            } else {
                path.append(try hash(of: range.lowerBound..<middle, read: read))
                range = middle..<range.upperBound
                whole = false
            }
        }
        if !whole { path.append(try hash(of: range, read: read)) }
        return path.reversed()
    }

    /// Where RFC 9162 cuts a list of two leaves or more: after the largest power of two below its length.
    private static func split(_ range: Range<UInt64>) -> UInt64 {
        let length = range.upperBound - range.lowerBound
        return range.lowerBound + 1 << UInt64(63 - (length - 1).leadingZeroBitCount)
    }

    /// The hash of a range that begins at a multiple of a power of two not below its length: complete subtrees, largest
    /// first, folded from the right.
    private static func hash<E>(of range: Range<UInt64>, read: (TreeNode) throws(E) -> [UInt8]) throws(E) -> [UInt8] {
        var hashes: [[UInt8]] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let height = 63 - (range.upperBound - start).leadingZeroBitCount
            hashes.append(try read(TreeNode(height: height, index: start >> UInt64(height))))
            start += 1 << UInt64(height)
        }
        return fold(hashes)
    }

    /// The root over complete subtrees that stand side by side, the largest first. Not for an empty list.
    static func fold(_ hashes: [[UInt8]]) -> [UInt8] {
        var result = hashes[hashes.count - 1]
        for hash in hashes.dropLast().reversed() { result = nodeHash(hash, result) }
        return result
    }
}

extension Merkle {
    /// RFC 9162 §2.1.3.2: throws unless the leaf stands at `index` of the tree of this size and root.
    package static func verifyInclusion(
        of leafHash: [UInt8], index: UInt64, size: UInt64, path: [[UInt8]], root: [UInt8]
    ) throws(ProofError) {
        guard index < size else { throw .outOfTree }
        guard (path + [leafHash, root]).allSatisfy({ $0.count == hashSize }) else { throw .wrongShape }
        var (node, last) = (index, size - 1)
        var hash = leafHash
        for sibling in path {
            guard last > 0 else { throw .wrongShape }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongShape }
        guard hash == root else { throw .wrongRoot }
    }

    /// RFC 9162 §2.1.4.2: throws unless the tree of size `new` begins with the tree of size `old`.
    package static func verifyConsistency(
        from old: UInt64, root oldRoot: [UInt8], to new: UInt64, root newRoot: [UInt8], path: [[UInt8]]
    ) throws(ProofError) {
        guard old <= new else { throw .outOfTree }
        guard (path + [oldRoot, newRoot]).allSatisfy({ $0.count == hashSize }) else { throw .wrongShape }
        guard old > 0, old < new else {
            guard path.isEmpty else { throw .wrongShape }
            guard old == new ? oldRoot == newRoot : oldRoot == emptyRoot else { throw .wrongRoot }
            return
        }
        // A complete old tree is itself the first node of the path.
        let nodes = old & (old - 1) == 0 ? [oldRoot] + path : path
        guard let first = nodes.first else { throw .wrongShape }
        var (node, last) = (old - 1, new - 1)
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var (oldHash, newHash) = (first, first)
        for sibling in nodes.dropFirst() {
            guard last > 0 else { throw .wrongShape }
            if node & 1 == 1 || node == last {
                oldHash = nodeHash(sibling, oldHash)
                newHash = nodeHash(sibling, newHash)
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                newHash = nodeHash(newHash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongShape }
        guard oldHash == oldRoot, newHash == newRoot else { throw .wrongRoot }
    }
}
