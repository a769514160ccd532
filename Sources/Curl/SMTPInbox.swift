/// What a relay has said and nobody has taken yet: a line that hasn't ended, or lines that it is too early for.
struct SMTPInbox {
    private var bytes: [UInt8] = []

    /// A reply's line can't be longer.
    private static let lineLimit = 64 << 10

    var isEmpty: Bool { bytes.isEmpty }
    /// The relay goes on and on.
    var isEndless: Bool { bytes.count > Self.lineLimit }
    /// The next line begins as a refusal does, 4yz or 5yz (RFC 5321 §4.2.1).
    var isRefusal: Bool { bytes.first.map { $0 >= UInt8(ascii: "4") } ?? false }

    /// With its end; nil: there is no whole line.
    mutating func takeLine() -> [UInt8]? {
        guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
        defer { bytes.removeSubrange(...end) }
        return Array(bytes[...end])
    }

    /// Adds what `receive` gives. `isFull`: there may be more where it came from.
    mutating func fill(_ receive: (UnsafeMutableRawBufferPointer) -> EasyHandle.Moved) -> (EasyHandle.Moved, isFull: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
            let result = receive(buffer)
            guard case .moved(let count) = result else { return (result, false) }
            bytes += buffer[..<count]
            return (result, count == buffer.count)
        }
    }
}
