package import Council

/// Why a file proves nothing. Each is a contradiction or a gap in the file itself, or between it and what the verifier knows.
package enum ProofRefusal: Error, Hashable, Sendable {
    case archive(ZipFault)
    case missingFile(String)
    /// A file that no proof has: nothing vouches for it.
    case unexpectedFile(String)
    case malformed(_ file: String, _ why: String)
    /// The log's key in the file is not the one given.
    case otherKey(given: String, found: String)
    /// A checkpoint whose signature doesn't hold, or of another ledger.
    case badCheckpoint(UInt64, String)
    /// `body` is not what the checkpoint says.
    case otherBody(UInt64)
    /// The entry is not in the ledger where the proof puts it.
    case notIncluded(UInt64, String)
    /// The leaf says something else than its place, or is no leaf.
    case badLeaf(UInt64, String)
    /// Key and content don't open the leaf's commitment: one of them was altered.
    case badOpening(UInt64, String)
    /// An entry that is not about the proof's subject.
    case otherSubject(UInt64)
    /// The document given is not the one that the proof is about.
    case otherDocument(proven: ContentHash, given: ContentHash)
    /// A document was given, and the proof is not about a document.
    case notAboutDocument
    /// A token or calendar proof over other bytes, or broken.
    case badAnchor(_ file: String, String)
    /// The block of that height has another merkle root than the proof leads to. Roots as explorers write them.
    case otherBlock(UInt64, network: ChainNetwork?, merkleRoot: String, claimed: String)
    /// Two signed states of that many entries in one file: the key has signed two ledgers.
    case twoStates(UInt64)
    /// A line by a witness whose key the verifier gave, and wrong.
    case badCosignature(UInt64, witness: String)
    /// Fewer of the given witnesses than the verifier wants have cosigned a state that covers the entry.
    case tooFewWitnesses(UInt64, found: Int, wanted: Int)
    /// The file calls itself an edition that doesn't open this entry.
    case beyondEdition(UInt64, Edition)
    /// An entry about one member is closed in an edition of one convocation that opens all of them: nothing says that it is this
    /// convocation's, and what was erased can't be found by a convocation any more.
    case closedEntry(UInt64, Edition)
    /// About a convocation, without the approval of its sitting: what was decided of it, a cancellation above all, is left out.
    case noSitting
    /// The list of files doesn't match the files: one was altered, added or taken away.
    case manifestDiffers
}
