import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// Whatever is altered in a proof is noticed, and named.
struct ProofRefusalTests {
    let fixture: ProofFixture
    let archive: [UInt8]
    let seqs: [UInt64]

    init() async throws {
        fixture = try await ProofFixture.shared.value
        archive = try await fixture.exporter().export(.convocation(fixture.convocation)).archive
        seqs = try ProofVerifier.verify(archive).facts.filter(\.type.concernsMember).map(\.seq)
    }

    private func refusal(_ altered: [UInt8], document: ContentHash? = nil, key: NoteVerifierKey? = nil) throws -> ProofRefusal {
        let refusal = #expect(throws: ProofRefusal.self) {
            try ProofVerifier.verify(altered, document: document, key: key, authorities: fixture.roots())
        }
        return try #require(refusal)
    }

    @Test func `another log's key`() throws {
        let other = try NoteSigningKey(name: fixture.key.name, seed: [UInt8](repeating: 1, count: 32)).verifier
        #expect(try refusal(archive, key: other) == .otherKey(given: other.description, found: fixture.key.description))
        // The forger puts their own key into the file: what it signed is not there.
        let forged = try ProofFixture.altered(archive, "vkey") { _ in Array("\(other)\n".utf8) }
        guard case .badCheckpoint = try refusal(forged) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func `another document, and a document where none is meant`() async throws {
        let proof = try await fixture.exporter().export(.document(fixture.documents[0].hash)).archive
        let other = Sample.hash("another document")
        #expect(try refusal(proof, document: other) == .otherDocument(proven: fixture.documents[0].hash, given: other))
        #expect(try refusal(archive, document: other) == .notAboutDocument)
    }

    @Test func `another index`() throws {
        let name = "facts/\(seqs[1])/leaf.tlog-proof"
        let altered = try ProofFixture.altered(archive, name) { bytes in
            Array(String(decoding: bytes, as: UTF8.self).replacing("index \(seqs[1])\n", with: "index \(seqs[1] + 1)\n").utf8)
        }
        #expect(try refusal(altered) == .notIncluded(seqs[1], "the proof is about index \(seqs[1] + 1)"))
    }

    @Test func `a leaf swapped with another, or moved with its proof`() throws {
        let (a, b) = (seqs[0], seqs[1])
        let leaves = try [a, b].map { try ProofFixture.bytes("facts/\($0)/leaf.json", in: archive) }
        let swapped = try ProofFixture.altered(archive, "facts/\(a)/leaf.json") { _ in leaves[1] }
        guard case .notIncluded(a, _) = try refusal(swapped) else {
            Issue.record("accepted")
            return
        }
        let inclusion = try ProofFixture.bytes("facts/\(b)/leaf.tlog-proof", in: archive)
        let moved = try ProofFixture.altered(swapped, "facts/\(a)/leaf.tlog-proof") { _ in inclusion }
        #expect(try refusal(moved) == .notIncluded(a, "the proof is about index \(b)"))
    }

    @Test func `an altered opening, content or key`() throws {
        let content = "facts/\(seqs[0])/opening.json"
        let altered = try ProofFixture.altered(archive, content) { bytes in
            Array(String(decoding: bytes, as: UTF8.self).replacing("aurence", with: "aurance").utf8)
        }
        #expect(try refusal(altered) == .badOpening(seqs[0], "key and content don't give the commitment in the leaf"))
        let key = try ProofFixture.altered(archive, "facts/\(seqs[0])/opening.key") { [$0[0] == 0x30 ? 0x31 : 0x30] + $0.dropFirst() }
        guard case .badOpening = try refusal(key) else {
            Issue.record("accepted")
            return
        }
        #expect(try refusal(ProofFixture.altered(archive) { $0.name == content ? nil : $0 }) == .missingFile(content))
    }

    @Test func `another convocation's entries under this one's name`() throws {
        let altered = try ProofFixture.altered(archive, "proof.json") { bytes in
            Array(
                String(decoding: bytes, as: UTF8.self)
                    .replacing("\"convocation\":\(fixture.convocation)", with: "\"convocation\":\(fixture.convocation.rawValue + 1)").utf8)
        }
        #expect(try refusal(altered) == .otherSubject(seqs[0]))
    }

    @Test func `a stamped text, a token or a proof of other bytes`() throws {
        let size = fixture.secondSize
        let folder = "checkpoints/\(size)/"
        #expect(try refusal(ProofFixture.altered(archive, folder + "body") { $0 + [0x0a] }) == .otherBody(size))
        let first = try Fixtures.bytes(fixture.base.anchored(fixture.firstSize, "body.tsr"))
        let otherToken = try ProofFixture.altered(archive, folder + "body.essai.tsr") { _ in first }
        #expect(try refusal(otherToken) == .badAnchor(folder + "body.essai.tsr", TimestampError.imprintDiffers.description))
        let broken = try ProofFixture.altered(archive, folder + "body.essai.tsr") { $0.dropLast() + [$0[$0.count - 1] ^ 1] }
        guard case .badAnchor = try refusal(broken) else {
            Issue.record("accepted")
            return
        }
        let proof = OpenTimestamps.DetachedProof(
            sha256: Sample.hash("other").bytes, tree: OpenTimestamps.Tree(attestations: [.bitcoin(height: 1)]))
        let withProof = try Zip.archive(try Zip.entries(of: archive) + [ArchiveEntry(folder + "body.ots", proof.file)])
        #expect(try refusal(withProof) == .badAnchor(folder + "body.ots", OpenTimestamps.Fault.otherMessage.description))
    }

    @Test func `a file added, taken away, or cut off`() throws {
        let added = try Zip.archive(try Zip.entries(of: archive) + [ArchiveEntry("facts/99/leaf.json", [])])
        #expect(try refusal(added) == .unexpectedFile("facts/99/leaf.json"))
        for entry in try Zip.entries(of: archive)
        where !entry.name.hasSuffix(".txt") && !entry.name.hasSuffix(".html") && !entry.name.hasSuffix(".tsr")
            && !entry.name.hasSuffix(".pem")
        {
            let without = try ProofFixture.altered(archive) { $0.name == entry.name ? nil : $0 }
            let isRefused = (try? ProofVerifier.verify(without)) == nil
            // Without its key an opening is a stranger; without both the entry is merely closed.
            #expect(isRefused, "\(entry.name)")
        }
        for length in stride(from: 0, to: archive.count, by: 97) {
            guard case .archive = try refusal(Array(archive.prefix(length))) else {
                Issue.record("accepted at \(length)")
                return
            }
        }
    }

    @Test(arguments: ["packed", "overlapping"])
    func `a zip bomb is refused before anything of it is unpacked, in the browser as well`(kind: String) async throws {
        let folder = try TemporaryFolder()
        // A gigabyte of zeros behind a megabyte; and one file of a megabyte that a thousand names share.
        let script = """
            import struct, sys, zipfile, zlib
            if sys.argv[2] == "packed":
                with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.etsi.asic-e+zip")
                    with archive.open("proof.json", "w") as file:
                        for _ in range(1024): file.write(bytes(1 << 20))
            else:
                data = bytes(1 << 20)
                def header(name):
                    return struct.pack("<HHHHHIIIHH", 10, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
                names = [b"file%d" % number for number in range(1000)]
                local = b"PK\\3\\4" + header(names[0]) + names[0] + data
                central = b"".join(b"PK\\1\\2" + struct.pack("<H", 10) + header(n) + bytes(14) + n for n in names)
                end = b"PK\\5\\6" + struct.pack("<HHHHIIH", 0, 0, 1000, 1000, len(central), len(local), 0)
                open(sys.argv[1], "wb").write(local + central + end)
            """
        let made = try Tool.run(Tool.python, ["-c", script, folder["bomb"].path, kind])
        try #require(made.status == 0, "\(made.errors)")
        let bomb = try Fixtures.bytes(folder["bomb"])
        let refused = try refusal(bomb)
        guard case .archive(let fault) = refused else {
            Issue.record("\(refused)")
            return
        }
        switch fault {
        case .compressed: #expect(kind == "packed")
        case .damaged: #expect(kind == "overlapping")
        default: Issue.record("\(fault)")
        }
        #expect(ProofWords(.french).refusal(refused).hasPrefix("Cette preuve est refusée : le fichier n'est pas une preuve intacte ("))
        let page = try await VerifierPage.shown(bomb)
        let why = kind == "packed" ? "un fichier y est comprimé ou chiffré" : "ce n’est pas l’archive ZIP intacte d’une preuve"
        #expect(!page.isGood && page.text.contains(why), "\(page.text)")
    }

    @Test func `what verify refuses in an archive and its list, the page refuses`() async throws {
        let page = try await VerifierPage.shown(archive)
        #expect(page.isGood, "\(page.text)")
        let last = try #require(seqs.last)
        func listed(_ change: (String) -> String) throws -> [UInt8] {
            try ProofFixture.altered(archive, "proof.json") { Array(change(String(decoding: $0, as: UTF8.self)).utf8) }
        }
        let fact = try #require(
            try JSON(parsing: ProofFixture.bytes("proof.json", in: archive))["facts"]?.items?.last.map {
                String(decoding: $0.canonical, as: UTF8.self)
            })
        let twice = try listed { $0.replacing(fact, with: fact + "," + fact) }
        let spaced = try listed { $0.replacing("\"v\":1", with: "\"v\": 1") }
        let stranger = try Zip.archive(try Zip.entries(of: archive) + [ArchiveEntry("facts/99/leaf.json", [])])
        let keyless = try ProofFixture.altered(archive) { $0.name == "facts/\(last)/opening.key" ? nil : $0 }
        let size = fixture.secondSize
        let orphan = try Zip.archive(
            try Zip.entries(of: archive) + [ArchiveEntry("checkpoints/\(size)/body.essai.renewal-1.txt", Array("x".utf8))])
        let packed = try TemporaryFolder()
        try packed.write(archive, to: "a.asice")
        let script = """
            import sys, zipfile
            old = zipfile.ZipFile("a.asice")
            with zipfile.ZipFile("b.asice", "w", zipfile.ZIP_DEFLATED) as new:
                for item in old.infolist(): new.writestr(item.filename, old.read(item), zipfile.ZIP_STORED if item.filename == "mimetype" else None)
            with zipfile.ZipFile("c.asice", "w", zipfile.ZIP_STORED) as new:
                for item in old.infolist(): new.writestr(item.filename, old.read(item))
            """
        #expect(try Tool.run(Tool.python, ["-c", script], folder: packed.url).status == 0)
        let cases: [(file: [UInt8], words: String)] = [
            (twice, "est comptée deux fois"), (spaced, "n’est pas du JSON canonique"),
            (stranger, "« facts/99/leaf.json » n’a rien à y faire : il a été ajouté"),
            (keyless, "l’inscription \(last) est fermée"), (orphan, "body.essai.renewal-1.txt » n’a rien à y faire"),
            (archive + [0], "ce n’est pas l’archive ZIP intacte"), ([0] + archive, "ce n’est pas l’archive ZIP intacte"),
            (try Fixtures.bytes(packed["b.asice"]), "un fichier y est comprimé"),
        ]
        for (file, words) in cases {
            _ = try refusal(file)
            let page = try await VerifierPage.shown(file)
            #expect(!page.isGood && page.text.contains(words), "\(words): \(page.text)")
        }
        // Stored by another program, it is read by both.
        let stored = try Fixtures.bytes(packed["c.asice"])
        #expect(try ProofVerifier.verify(stored).facts.count == ProofVerifier.verify(archive).facts.count)
        let read = try await VerifierPage.shown(stored)
        #expect(read.isGood, "\(read.text)")
    }

    @Test func `in a sealed proof, the words for people as well`() async throws {
        let sealed = try await fixture.exporter(sealed: true).export(.document(fixture.documents[0].hash)).archive
        let altered = try ProofFixture.altered(sealed, "LISEZMOI.txt") { $0 + Array("Appelez le 0 800 000 000.\n".utf8) }
        #expect(try refusal(altered) == .manifestDiffers)
        let older = try await fixture.exporter(sealed: true).export(.document(fixture.documents[1].hash)).archive
        let token = try ProofFixture.bytes("META-INF/timestamp.tst", in: older)
        let swapped = try ProofFixture.altered(sealed, "META-INF/timestamp.tst") { _ in token }
        #expect(try refusal(swapped) == .badAnchor("META-INF/timestamp.tst", TimestampError.imprintDiffers.description))
    }

    @Test func `any mutation of any file is refused, or makes the proof say less, never more or otherwise`() async throws {
        let roots = try fixture.roots()
        let original = try ProofVerifier.verify(archive, key: fixture.key, authorities: roots)
        let entries = try Zip.entries(of: archive)
        var generator = SeededGenerator(seed: 319_162)
        var refused = 0
        for round in 0..<1500 {
            let place = round % entries.count
            var altered = entries
            altered[place] = ArchiveEntry(entries[place].name, generator.mutated(entries[place].bytes))
            guard altered != entries else { continue }
            guard let report = try? ProofVerifier.verify(Zip.archive(altered), key: fixture.key, authorities: roots) else {
                refused += 1
                continue
            }
            // A token whose certificate was spoilt chains to nothing: reported as unchecked.
            let proven = report.statements.filter { $0.standing == .proven }
            #expect(Set(proven).isSubset(of: original.statements), "\(entries[place].name)")
            #expect(report.notAfter == nil || report.notAfter == original.notAfter)
            #expect(report.facts.map(\.seq) == original.facts.map(\.seq) && report.facts.map(\.opened) == original.facts.map(\.opened))
        }
        #expect(refused > 1000)
    }
}
