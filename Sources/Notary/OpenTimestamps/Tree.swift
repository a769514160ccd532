extension OpenTimestamps {
    /// All that is known of one message: attestations of itself, and operations that lead to further messages.
    /// Messages are not kept: they follow from the first one, which the caller has.
    package struct Tree: Hashable, Sendable {
        package var attestations: Set<Attestation>
        package var branches: [Operation: Tree]

        package init(attestations: Set<Attestation> = [], branches: [Operation: Tree] = [:]) {
            self.attestations = attestations
            self.branches = branches
        }

        /// One branch: `operations` in order, then `rest`.
        package init(through operations: [Operation], to rest: Tree) {
            self = operations.reversed().reduce(rest) { Tree(branches: [$1: $0]) }
        }

        /// Adds all that `other` knows of the same message. Nothing that was there goes.
        package mutating func merge(_ other: Tree) {
            attestations.formUnion(other.attestations)
            branches.merge(other.branches) { mine, theirs in
                var both = mine
                both.merge(theirs)
                return both
            }
        }

        /// Every attestation with the message that it attests, in the order in which they are written.
        package func attested(from message: [UInt8]) throws(Fault) -> [Attested] {
            var found = attestations.sorted().map { Attested(message: message, attestation: $0) }
            for (operation, next) in branches.sorted(by: { $0.key < $1.key }) {
                found += try next.attested(from: try operation(message))
            }
            return found
        }

        /// Adds `tree` wherever this one reaches `target` starting from `message`.
        mutating func graft(_ tree: Tree, at target: [UInt8], from message: [UInt8]) throws(Fault) {
            // The branches that were there come first: what is grafted is not visited, for it may reach the target again
            // (a message reversed twice), and that would never end.
            for (operation, next) in branches {
                var grown = next
                try grown.graft(tree, at: target, from: try operation(message))
                branches[operation] = grown
            }
            if message == target { merge(tree) }
        }
    }

    package struct Attested: Hashable, Sendable {
        package let message: [UInt8]
        package let attestation: Attestation
    }

    /// A `.ots` file: a proof beside the file that it is about.
    package struct DetachedProof: Hashable, Sendable {
        /// How the file was hashed: SHA-256 in ours; SHA-1 is read.
        package let hash: Operation
        package let digest: [UInt8]
        package var tree: Tree

        /// Over the SHA-256 of a file.
        package init(sha256 digest: [UInt8], tree: Tree) {
            self.hash = .sha256
            self.digest = digest
            self.tree = tree
        }

        init(hash: Operation, digest: [UInt8], tree: Tree) {
            self.hash = hash
            self.digest = digest
            self.tree = tree
        }

        package mutating func merge(_ other: DetachedProof) throws(Fault) {
            guard hash == other.hash, digest == other.digest else { throw .otherMessage }
            tree.merge(other.tree)
        }

        package func attested() throws(Fault) -> [Attested] { try tree.attested(from: digest) }

        /// Reaches a Bitcoin block: nothing more is to come.
        package func isComplete() throws(Fault) -> Bool {
            try attested().contains { attested in
                if case .bitcoin = attested.attestation { attested.message.count == 32 } else { false }
            }
        }
    }
}
