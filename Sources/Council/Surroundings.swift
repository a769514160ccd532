package import Foundation

/// The time, given from the top so that every rule can be tested at any date.
package struct WallClock: Sendable {
    package let now: @Sendable () -> Date

    package init(now: @escaping @Sendable () -> Date) { self.now = now }

    package static func fixed(_ instant: Date) -> WallClock { WallClock { instant } }
}

/// Random bytes, given from the top so that tests can repeat themselves.
package struct Randomness: Sendable {
    /// Returns exactly the asked number of bytes.
    package let bytes: @Sendable (Int) -> [UInt8]

    package init(bytes: @escaping @Sendable (Int) -> [UInt8]) { self.bytes = bytes }

    package static let system = Randomness { count in
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { buffer in
            // The system gives up to 256 at a time, and has no failure for as many (getentropy(3)).
            for start in stride(from: 0, to: buffer.count, by: 256) {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<min(start + 256, buffer.count)])
                guard let address = part.baseAddress, getentropy(address, part.count) == 0 else {
                    fatalError("the system gives no random bytes: \(String(cString: strerror(errno)))")
                }
            }
        }
        return bytes
    }

    package func uint64() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
