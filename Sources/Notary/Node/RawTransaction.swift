import Council

/// A transaction's bytes (Bitcoin's serialisation, with or without witnesses), as far as a proof needs them.
struct RawTransaction: Hashable, Sendable {
    struct Input: Hashable, Sendable {
        /// As explorers write it.
        let transaction: String
        let output: UInt32
    }

    /// Without witnesses: what the transaction's id is the hash of.
    let stripped: [UInt8]
    let inputs: [Input]
    /// Where the outputs' scripts lie in `stripped`.
    private let scripts: [Range<Int>]

    struct Malformed: Error {}

    init(parsing bytes: [UInt8]) throws(Malformed) {
        var reader = Reader(bytes: bytes)
        _ = try reader.take(4)
        // A count of no inputs marks what BIP 144 brought: flag and witnesses.
        let hasWitnesses = bytes.count > 5 && bytes[4] == 0
        if hasWitnesses { guard try reader.take(2) == [0, 1] else { throw Malformed() } }
        let start = reader.position
        let shift = start - 4
        var inputs: [Input] = []
        for _ in 0..<(try reader.count()) {
            let id = try reader.take(32)
            let output = try reader.take(4)
            inputs.append(
                Input(
                    transaction: Hex.encode(id.reversed()),
                    output: output.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
            _ = try reader.take(try reader.count())
            _ = try reader.take(4)
        }
        var scripts: [Range<Int>] = []
        for _ in 0..<(try reader.count()) {
            _ = try reader.take(8)
            let length = try reader.count()
            scripts.append(reader.position - shift..<reader.position - shift + length)
            _ = try reader.take(length)
        }
        let end = reader.position
        if hasWitnesses {
            for _ in inputs {
                for _ in 0..<(try reader.count()) { _ = try reader.take(try reader.count()) }
            }
        }
        let lockTime = try reader.take(4)
        guard reader.position == bytes.count, !inputs.isEmpty else { throw Malformed() }
        self.inputs = inputs
        self.scripts = scripts
        stripped = Array(bytes[..<4]) + bytes[start..<end] + lockTime
    }

    /// As explorers write it.
    var id: String { Hex.encode(DoubleSHA256.hash(stripped).reversed()) }

    /// The bytes before and after `digest` (32 bytes) in its one output that carries just that (OP_RETURN, push of 32 bytes).
    /// Nil: no such output, or several.
    func around(_ digest: [UInt8]) -> (before: [UInt8], after: [UInt8])? {
        let carriers = scripts.filter { Array(stripped[$0]) == [0x6a, 0x20] + digest }
        guard digest.count == 32, carriers.count == 1 else { return nil }
        return (Array(stripped[..<(carriers[0].lowerBound + 2)]), Array(stripped[carriers[0].upperBound...]))
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func take(_ count: Int) throws(Malformed) -> [UInt8] {
            guard count <= bytes.count - position else { throw Malformed() }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }

        /// Bitcoin's variable-length number, at most what is left.
        mutating func count() throws(Malformed) -> Int {
            let first = Int(try take(1)[0])
            guard first >= 0xfd else { return first }
            let wide = try take(first == 0xfd ? 2 : first == 0xfe ? 4 : 8)
            let value = wide.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let count = Int(exactly: value), count <= bytes.count else { throw Malformed() }
            return count
        }
    }
}
