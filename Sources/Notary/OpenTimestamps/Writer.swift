extension OpenTimestamps {
    /// Writes proofs the way the reference implementation does: attestations and branches in order, `ff` before each but
    /// the last. Equal trees give equal bytes.
    struct Writer {
        private(set) var bytes: [UInt8] = []

        mutating func write(_ more: [UInt8]) { bytes += more }

        mutating func number(_ value: UInt64) {
            var rest = value
            while rest > 0x7f {
                bytes.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }

        mutating func lengthAndBytes(_ more: [UInt8]) {
            number(UInt64(more.count))
            bytes += more
        }

        mutating func operation(_ operation: Operation) {
            bytes.append(operation.tag)
            switch operation {
            case .append(let argument), .prepend(let argument): lengthAndBytes(argument)
            case .reverse, .hexlify, .sha1, .sha256: break
            }
        }

        mutating func attestation(_ attestation: Attestation) {
            bytes.append(0x00)
            bytes += attestation.tag
            var payload = Writer()
            switch attestation {
            case .bitcoin(let height), .litecoin(let height): payload.number(height)
            case .pending(let uri): payload.lengthAndBytes(Array(uri.utf8))
            case .unknown(_, let bytes): payload.write(bytes)
            }
            lengthAndBytes(payload.bytes)
        }

        /// A tree that says nothing can't be written: it writes nothing, and the caller has checked.
        mutating func tree(_ tree: Tree) {
            var left = tree.attestations.count + tree.branches.count
            for attestation in tree.attestations.sorted() {
                if left > 1 { bytes.append(0xff) }
                self.attestation(attestation)
                left -= 1
            }
            for (operation, next) in tree.branches.sorted(by: { $0.key < $1.key }) {
                if left > 1 { bytes.append(0xff) }
                self.operation(operation)
                self.tree(next)
                left -= 1
            }
        }
    }
}

extension OpenTimestamps.DetachedProof {
    /// The `.ots` file. The tree must end in attestations on every branch, as every tree that was parsed does.
    package var file: [UInt8] {
        var writer = OpenTimestamps.Writer()
        writer.write(OpenTimestamps.magic)
        writer.number(1)
        writer.operation(hash)
        writer.write(digest)
        writer.tree(tree)
        return writer.bytes
    }
}
