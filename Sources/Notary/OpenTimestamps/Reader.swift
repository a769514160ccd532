extension OpenTimestamps {
    static let magic: [UInt8] = Array("\0OpenTimestamps\0\0Proof\0".utf8) + [0xbf, 0x89, 0xe2, 0xe8, 0x84, 0xe8, 0x92, 0x94]

    /// Reads untrusted bytes front to back. Every byte is visited once; the message carried along is at most 4,096 bytes
    /// and the nesting at most 256, so neither memory nor time can be made to grow beyond the input's length times that.
    struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8], atMost limit: Int) throws(Fault) {
            guard bytes.count <= limit else { throw .tooLong(bytes.count) }
            self.bytes = bytes
        }

        var remaining: Int { bytes.count - position }

        mutating func byte() throws(Fault) -> UInt8 {
            guard position < bytes.count else { throw .truncated }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func take(_ count: Int) throws(Fault) -> [UInt8] {
            guard count <= remaining else { throw .truncated }
            defer { position += count }
            return Array(bytes[position..<position + count])
        }

        /// Little-endian base 128.
        mutating func number() throws(Fault) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let byte = try byte()
                let digit = UInt64(byte & 0x7f)
                guard shift < 64, (digit << shift) >> shift == digit else { throw .numberTooLarge }
                value |= digit << shift
                if byte & 0x80 == 0 { return value }
                shift += 7
            }
        }

        mutating func lengthAndBytes(_ lengths: ClosedRange<Int>, else fault: Fault) throws(Fault) -> [UInt8] {
            guard let length = Int(exactly: try number()), lengths.contains(length) else { throw fault }
            return try take(length)
        }

        mutating func end() throws(Fault) {
            guard remaining == 0 else { throw .trailingBytes(remaining) }
        }

        mutating func operation(tag: UInt8) throws(Fault) -> Operation {
            switch tag {
            case 0x02: return .sha1
            case 0x08: return .sha256
            case 0xf0: return .append(try lengthAndBytes(1...longestMessage, else: .messageTooLong(0)))
            case 0xf1: return .prepend(try lengthAndBytes(1...longestMessage, else: .messageTooLong(0)))
            case 0xf2: return .reverse
            case 0xf3: return .hexlify
            default: throw .unsupportedOperation(tag)
            }
        }

        mutating func attestation() throws(Fault) -> Attestation {
            let tag = try take(8)
            let payload = try lengthAndBytes(0...longestPayload, else: .badAttestation)
            var inner = try Reader(payload, atMost: longestPayload)
            let read: Attestation
            switch tag {
            case Attestation.bitcoinTag: read = .bitcoin(height: try inner.number())
            case Attestation.litecoinTag: read = .litecoin(height: try inner.number())
            case Attestation.pendingTag:
                let uri = try inner.lengthAndBytes(0...1000, else: .badAddress)
                guard Attestation.isAcceptable(uri: uri) else { throw .badAddress }
                read = .pending(uri: String(decoding: uri, as: UTF8.self))
            default: return .unknown(tag: tag, payload: payload)
            }
            guard inner.remaining == 0 else { throw .badAttestation }
            return read
        }

        /// The tree of `message`; every operation in it is carried out, so that what was read can be evaluated.
        mutating func tree(of message: [UInt8], depth: Int = 0) throws(Fault) -> Tree {
            guard depth < deepest else { throw .tooDeep }
            var tree = Tree()
            while true {
                var tag = try byte()
                let more = tag == 0xff
                if more { tag = try byte() }
                if tag == 0x00 {
                    tree.attestations.insert(try attestation())
                } else {
                    let operation = try operation(tag: tag)
                    let next = try self.tree(of: try operation(message), depth: depth + 1)
                    tree.merge(Tree(branches: [operation: next]))
                }
                if !more { return tree }
            }
        }
    }
}

extension OpenTimestamps.Tree {
    /// What a calendar answers about `message`.
    package init(parsing answer: [UInt8], of message: [UInt8]) throws(OpenTimestamps.Fault) {
        var reader = try OpenTimestamps.Reader(answer, atMost: OpenTimestamps.longestAnswer)
        self = try reader.tree(of: message)
        try reader.end()
    }
}

extension OpenTimestamps.DetachedProof {
    /// Reads a `.ots` file.
    package init(parsing file: [UInt8]) throws(OpenTimestamps.Fault) {
        var reader = try OpenTimestamps.Reader(file, atMost: OpenTimestamps.longestFile)
        guard reader.remaining >= OpenTimestamps.magic.count, try reader.take(OpenTimestamps.magic.count) == OpenTimestamps.magic
        else { throw .notAProof }
        let version = try reader.number()
        guard version == 1 else { throw .unsupportedVersion(version) }
        let tag = try reader.byte()
        let hash: OpenTimestamps.Operation
        switch tag {
        case 0x02: hash = .sha1
        case 0x08: hash = .sha256
        default: throw .unsupportedOperation(tag)
        }
        let digest = try reader.take(hash == .sha256 ? 32 : 20)
        self.init(hash: hash, digest: digest, tree: try reader.tree(of: digest))
        try reader.end()
    }
}
