/// What a header shows of its proof of work by itself.
extension BlockHeader {
    /// The number that the block's hash must not exceed, 32 bytes, most significant first, from the header's compact form; nil: none,
    /// as it is negative, zero, or too large to be one.
    package var target: [UInt8]? {
        let size = Int(bytes[75])
        let digits = Array(bytes[72..<75].reversed())
        guard digits[0] & 0x80 == 0 else { return nil }
        var target = [UInt8](repeating: 0, count: 32)
        for (index, digit) in digits.enumerated() where digit != 0 {
            // The first digit stands at the byte of value 256^(size − 1); what would lie below one is cut off.
            let power = size - 1 - index
            guard power < 32 else { return nil }
            if power >= 0 { target[31 - power] = digit }
        }
        return target.contains { $0 != 0 } ? target : nil
    }

    /// Whether its hash is as small as its own target asks.
    package var hasWork: Bool {
        guard let target else { return false }
        return !target.lexicographicallyPrecedes(Array(DoubleSHA256.hash(bytes).reversed()))
    }

    /// Making such a header takes 2^`workBits` hashes on average, at least. 0 where it has no target.
    package var workBits: Int {
        guard let target, let first = target.firstIndex(where: { $0 != 0 }) else { return 0 }
        return 8 * first + target[first].leadingZeroBitCount
    }
}

extension ChainNetwork {
    /// No block of the main network was ever easier than the first one.
    package static let bitcoinLeastWorkBits = 32
}
