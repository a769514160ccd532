import Council
import Ledger
import Store

/// A proof as it came: its files sorted out, nothing believed yet.
struct ProofBundle {
    struct Fact {
        let seq: UInt64
        /// Size of the checkpoint that it stands under.
        let checkpoint: UInt64
        let leaf: [UInt8]
        let inclusion: [UInt8]
        /// Under a later, cosigned checkpoint.
        let cosigned: Cosigned?
        let opening: Opening?
    }

    struct Cosigned {
        let size: UInt64
        let inclusion: [UInt8]
    }

    struct Opening {
        /// 32 bytes.
        let key: [UInt8]
        let content: [UInt8]
    }

    struct Anchored {
        let note: [UInt8]
        let body: [UInt8]
        /// By authority.
        let tokens: [String: [UInt8]]
        let calendarProof: [UInt8]?
        /// Of blocks that the calendar proof leads to, by height.
        let headers: [UInt64: [UInt8]]
        /// Chains, revocation lists and renewals of the tokens, by the names that they have beside `body`.
        let evidence: [String: [UInt8]]
    }

    struct Seal {
        let manifest: [UInt8]
        let token: [UInt8]
    }

    let subject: ProofSubject
    /// Nil: a file from before there were editions.
    let edition: Edition?
    let facts: [Fact]
    let checkpoints: [UInt64: Anchored]
    /// PEM by authority.
    let roots: [String: [UInt8]]
    let key: [UInt8]
    let seal: Seal?
    /// Instructions that are missing, or not this version's.
    let foreignInstructions: [String]
    /// There is a page that checks proofs in a browser, and it isn't this version's.
    let hasForeignPage: Bool
    /// As in the archive.
    let entries: [ArchiveEntry]

    /// Throws when a file is missing, is there without reason, or isn't what its name says.
    init(parsing archive: [UInt8]) throws(ProofRefusal) {
        do { entries = try Zip.entries(of: archive) } catch { throw .archive(error) }
        var files = Files(entries)
        guard entries.first?.name == ProofLayout.mimetype, files.remove(ProofLayout.mimetype) == Array(ProofLayout.mediaType.utf8) else {
            throw .malformed(ProofLayout.mimetype, "the archive doesn't begin with the media type of a proof")
        }
        let contents = try Self.contents(try files.take(ProofLayout.contents))
        subject = contents.subject
        edition = contents.edition
        key = try files.take(ProofLayout.key)
        // Words for people: they prove nothing, and are only compared with ours.
        let words = [
            (ProofLayout.frenchReadMe, ProofReadMe.text(.french, edition)),
            (ProofLayout.englishReadMe, ProofReadMe.text(.english, edition)),
        ]
        var foreign: [String] = []
        for (name, own) in words where files.remove(name) != own { foreign.append(name) }
        foreignInstructions = foreign
        hasForeignPage =
            files.remove(ProofLayout.verifierPage).map { ContentHash(sha256Of: $0).hex != ProofLayout.verifierPageHash } ?? false
        var facts: [Fact] = []
        for listed in contents.facts { facts.append(try Self.fact(listed, &files)) }
        self.facts = facts
        var checkpoints: [UInt64: Anchored] = [:]
        for size in Set(contents.facts.map(\.checkpoint)).sorted() { checkpoints[size] = try Self.anchored(size, &files) }
        self.checkpoints = checkpoints
        roots = files.removeAll(prefix: "authorities/", suffix: ".pem")
        if let manifest = files.remove(ProofLayout.manifest) {
            seal = Seal(manifest: manifest, token: try files.take(ProofLayout.seal))
        } else {
            seal = nil
        }
        if let stranger = files.names.first { throw .unexpectedFile(stranger) }
    }

    private struct Listed {
        let seq: UInt64
        let checkpoint: UInt64
        let cosigned: UInt64?
    }

    private static func contents(
        _ bytes: [UInt8]
    ) throws(ProofRefusal) -> (subject: ProofSubject, edition: Edition?, facts: [Listed]) {
        let fault = ProofRefusal.malformed(ProofLayout.contents, "it doesn't list the facts of a proof of version 1")
        // Whatever is wrong with it, it lists nothing.
        guard let json = try? JSON(parsing: bytes), json.canonical == bytes, json["v"]?.whole == 1 else { throw fault }
        guard let subject = ProofSubject(json["subject"]), let items = json["facts"]?.items, !items.isEmpty else { throw fault }
        let edition = json["edition"]?.text.flatMap(Edition.init)
        guard (edition == nil) == (json["edition"] == nil) else { throw fault }
        var facts: [Listed] = []
        for item in items {
            let cosigned = number(item["cosigned"])
            guard let seq = number(item["seq"]), let checkpoint = number(item["checkpoint"]),
                (cosigned == nil) == (item["cosigned"] == nil), facts.last.map({ $0.seq < seq }) ?? true
            else { throw fault }
            facts.append(Listed(seq: seq, checkpoint: checkpoint, cosigned: cosigned))
        }
        return (subject, edition, facts)
    }

    private static func number(_ json: JSON?) -> UInt64? { json?.whole.flatMap { UInt64(exactly: $0) } }

    private static func fact(_ listed: Listed, _ files: inout Files) throws(ProofRefusal) -> Fact {
        let seq = listed.seq
        var cosigned: Cosigned?
        if let size = listed.cosigned {
            cosigned = Cosigned(size: size, inclusion: try files.take(ProofLayout.cosignedInclusion(seq)))
        }
        var opening: Opening?
        if let text = files.remove(ProofLayout.openingKey(seq)) {
            let digits = String(decoding: text, as: UTF8.self)
            guard digits.hasSuffix("\n"), let key = Hex.decode(digits.dropLast()), key.count == Commitment.keySize,
                // One text for one key.
                digits.dropLast() == Hex.encode(key)
            else {
                throw .malformed(ProofLayout.openingKey(seq), "a key is 64 hexadecimal digits and a newline")
            }
            opening = Opening(key: key, content: try files.take(ProofLayout.openingContent(seq)))
        }
        return Fact(
            seq: seq, checkpoint: listed.checkpoint, leaf: try files.take(ProofLayout.leaf(seq)),
            inclusion: try files.take(ProofLayout.inclusion(seq)), cosigned: cosigned, opening: opening)
    }

    private static func anchored(_ size: UInt64, _ files: inout Files) throws(ProofRefusal) -> Anchored {
        var headers: [UInt64: [UInt8]] = [:]
        for (number, bytes) in files.removeAll(prefix: "checkpoints/\(size)/block-", suffix: ".header") {
            let name = "block-\(number).header"
            guard let height = KeptHeader.height(ofFile: name) else { throw .unexpectedFile("checkpoints/\(size)/\(name)") }
            headers[height] = bytes
        }
        let evidence = files.removeEvidence(prefix: "checkpoints/\(size)/")
        return Anchored(
            note: try files.take(ProofLayout.checkpoint(size)), body: try files.take(ProofLayout.body(size)),
            tokens: files.removeAll(prefix: "checkpoints/\(size)/body.", suffix: ".tsr"),
            calendarProof: files.remove(ProofLayout.calendarProof(size)), headers: headers, evidence: evidence)
    }

    /// What is still to be sorted out.
    private struct Files {
        private var left: [String: [UInt8]]

        init(_ entries: [ArchiveEntry]) {
            left = Dictionary(entries.map { ($0.name, $0.bytes) }) { first, _ in first }
        }

        var names: [String] { left.keys.sorted() }

        mutating func remove(_ name: String) -> [UInt8]? { left.removeValue(forKey: name) }

        mutating func take(_ name: String) throws(ProofRefusal) -> [UInt8] {
            guard let bytes = remove(name) else { throw .missingFile(name) }
            return bytes
        }

        /// Of tokens that are there, renewals only with their list and what they renew; the tokens over the body stay.
        mutating func removeEvidence(prefix: String) -> [String: [UInt8]] {
            var found: [String: [UInt8]] = [:]
            let tokens = Set(left.keys)
            for name in names where name.hasPrefix(prefix) {
                guard let parsed = EvidenceName(name.dropFirst(prefix.count)), parsed.renewal > 0 || parsed.kind != .token else { continue }
                let owner = parsed.with(kind: .token)
                let needed = parsed.kind == .token ? [parsed.subject, owner.with(renewal: parsed.renewal - 1).name] : [owner.name]
                guard needed.allSatisfy({ tokens.contains(prefix + $0) }) else { continue }
                found[parsed.name] = remove(name)
            }
            return found
        }

        /// What lies between prefix and suffix names them.
        mutating func removeAll(prefix: String, suffix: String) -> [String: [UInt8]] {
            var found: [String: [UInt8]] = [:]
            for name in names where name.hasPrefix(prefix) && name.hasSuffix(suffix) && name.count > prefix.count + suffix.count {
                found[String(name.dropFirst(prefix.count).dropLast(suffix.count))] = remove(name)
            }
            return found
        }
    }
}
