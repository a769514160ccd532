import Crypto

/// OpenTimestamps proofs: who saw a digest, and how it is folded into what they publish.
/// The format is that of opentimestamps.org, version 1; its limits are kept so that hostile bytes stay cheap.
package enum OpenTimestamps {
    /// Longest message and longest result of an operation, in bytes.
    static let longestMessage = 4096
    /// Longest attestation payload, in bytes.
    static let longestPayload = 8192
    /// Deepest nesting of operations.
    static let deepest = 256
    /// Longest answer of a calendar, in bytes.
    package static let longestAnswer = 10_000
    /// Longest proof file that is read, in bytes. The format sets none; the largest real ones are a few kilobytes.
    package static let longestFile = 65_536
}

extension OpenTimestamps {
    /// One step from a message to the next. RIPEMD-160 and Keccak-256 exist in the format but no calendar emits them:
    /// a proof that uses them is refused as unsupported, never misread.
    package enum Operation: Hashable, Sendable {
        /// 1…4,096 bytes after the message.
        case append([UInt8])
        /// 1…4,096 bytes before it.
        case prepend([UInt8])
        case reverse
        /// Lower-case hexadecimal of the message.
        case hexlify
        case sha1
        case sha256

        var tag: UInt8 {
            switch self {
            case .sha1: 0x02
            case .sha256: 0x08
            case .append: 0xf0
            case .prepend: 0xf1
            case .reverse: 0xf2
            case .hexlify: 0xf3
            }
        }

        var argument: [UInt8] {
            switch self {
            case .append(let bytes), .prepend(let bytes): bytes
            case .reverse, .hexlify, .sha1, .sha256: []
            }
        }

        /// The next message. Throws when it or `message` exceeds the limit, or `message` is empty.
        package func callAsFunction(_ message: [UInt8]) throws(OpenTimestamps.Fault) -> [UInt8] {
            guard !message.isEmpty, message.count <= longestMessage else { throw .messageTooLong(message.count) }
            let result: [UInt8] =
                switch self {
                case .append(let suffix): message + suffix
                case .prepend(let prefix): prefix + message
                case .reverse: message.reversed()
                case .hexlify: Array(message.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] })
                case .sha1: Array(Insecure.SHA1.hash(data: message))
                case .sha256: Array(SHA256.hash(data: message))
                }
            guard result.count <= longestMessage else { throw .messageTooLong(result.count) }
            return result
        }

        private static let digits = Array("0123456789abcdef".utf8)
    }
}

extension OpenTimestamps.Operation: Comparable {
    /// The order in which branches are written.
    package static func < (a: Self, b: Self) -> Bool {
        a.tag == b.tag ? a.argument.lexicographicallyPrecedes(b.argument) : a.tag < b.tag
    }
}

extension OpenTimestamps {
    /// What ends a branch: who publishes, or will publish, the message reached.
    package enum Attestation: Hashable, Sendable {
        /// The message is the merkle root of the Bitcoin block of this height. The format doesn't tell the main network
        /// from a test network.
        case bitcoin(height: UInt64)
        case litecoin(height: UInt64)
        /// The calendar at this address took the message and promises more.
        case pending(uri: String)
        /// Of a kind that we don't know: kept as it is.
        case unknown(tag: [UInt8], payload: [UInt8])

        static let bitcoinTag: [UInt8] = [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01]
        static let litecoinTag: [UInt8] = [0x06, 0x86, 0x9a, 0x0d, 0x73, 0xd7, 0x1b, 0x45]
        static let pendingTag: [UInt8] = [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e]

        var tag: [UInt8] {
            switch self {
            case .bitcoin: Self.bitcoinTag
            case .litecoin: Self.litecoinTag
            case .pending: Self.pendingTag
            case .unknown(let tag, _): tag
            }
        }

        /// Letters, digits and `-._/:`; at most 1,000 bytes. No query, escape, user or bracket.
        static func isAcceptable(uri: some Sequence<UInt8>) -> Bool {
            var length = 0
            for byte in uri {
                length += 1
                switch byte {
                case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d...0x2f, 0x5f: continue
                default: return false
                }
            }
            return length > 0 && length <= 1000
        }
    }

    /// Why bytes are no proof.
    package enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file doesn't begin as a proof does.
        case notAProof
        case unsupportedVersion(UInt64)
        /// An operation or digest kind, by its tag, that we can't compute.
        case unsupportedOperation(UInt8)
        case truncated
        case trailingBytes(Int)
        case tooLong(Int)
        case tooDeep
        case messageTooLong(Int)
        case numberTooLarge
        case badAttestation
        case badAddress
        /// Two proofs over different bytes can't be merged.
        case otherMessage

        package var description: String {
            switch self {
            case .notAProof: "not an OpenTimestamps proof"
            case .unsupportedVersion(let version): "proof of version \(version); version 1 is understood"
            case .unsupportedOperation(let tag): "operation 0x\(String(tag, radix: 16)) is not supported"
            case .truncated: "the proof ends too early"
            case .trailingBytes(let count): "\(count) bytes follow the proof"
            case .tooLong(let count): "\(count) bytes: longer than a proof may be"
            case .tooDeep: "operations are nested deeper than \(OpenTimestamps.deepest)"
            case .messageTooLong(let count): "an operation meets \(count) bytes; it may meet 1 to \(OpenTimestamps.longestMessage)"
            case .numberTooLarge: "a number doesn't fit 64 bits"
            case .badAttestation: "an attestation has too many bytes, or too few"
            case .badAddress: "a calendar's address has characters that are not allowed"
            case .otherMessage: "the proofs are over different bytes"
            }
        }
    }
}

extension OpenTimestamps.Attestation: Comparable {
    /// The order in which attestations are written: by tag, then by what they say.
    package static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.bitcoin(let a), .bitcoin(let b)), (.litecoin(let a), .litecoin(let b)): a < b
        case (.pending(let a), .pending(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.unknown(let aTag, let a), .unknown(let bTag, let b)) where aTag == bTag: a.lexicographicallyPrecedes(b)
        default: a.tag.lexicographicallyPrecedes(b.tag)
        }
    }
}
