import Council
import Foundation
import Gateway
import Ledger
import Links
import Logging
import Notary
import Store
import Templating
import TestSupport
import Testing

/// Failures speak the terminal's language: each names what, where and what to do, and no French one has English left in it.
@Suite struct WordsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Words that no French sentence has.
    private static let english = ["the", "is", "not", "has", "was", "and", "of", "it", "with", "write", "file", "key", "missing", "more"]

    private func expectFrench(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        // What is quoted, and paths, are no words of ours.
        let own = text.replacing(/«[^»]*»|\{\{[^}]*\}\}|\S*[\/.]\S*/, with: " ")
        let words = own.lowercased().split { !$0.isLetter && $0 != "'" }.map(String.init)
        let left = words.filter { Self.english.contains($0) }
        #expect(left.isEmpty && !words.isEmpty, "\(left) in: \(text)", sourceLocation: sourceLocation)
    }

    @Test func `each refusal of the register names the cause, what is safe and the next step, in French too`() {
        let reason = "not a checkpoint: the size is not a plain number"
        let all: [SequencerRefusal] = [
            .publishedUnreadable(path: "/p/checkpoint", reason: reason), .storedUnreadable(reason: reason),
            .otherKey(where: "/p/checkpoint", ours: "a+1+x", found: "b+2+y\n"), .publishedAhead(published: 9, stored: 4, journal: 5),
            .publishedAhead(published: 9, stored: nil, journal: 1), .anchoredAhead(anchored: 9, stored: nil),
            .tilesAhead(path: "tile/0/000.p/9", published: 9, stored: 4), .publishedDiffers(size: 3),
            .journalTooShort(stored: 7, journal: 2), .journalDiffers(size: 7, published: true), .entryDamaged(seq: 3, reason: "x"),
            .entryAltered(seq: 3),
            .tileDiffers(path: "/p/tile/0/000"), .tilesWithoutCheckpoint(path: "/p"), .anotherWriter(size: 1),
        ]
        for refusal in all {
            let french = Bilingual.words(of: refusal).french
            expectFrench(french)
            #expect(french.contains(/[Rr]ien|pas été|toujours/), "\(french)")
            #expect(french.contains(/redémarrez|donnez à celle-ci|continuez sous/), "\(french)")
            #expect(!french.contains("\n") && Bilingual.words(of: refusal).english.contains(refusal.description))
        }
        #expect(Bilingual.words(of: all[0]).french.contains("la taille n'est pas un nombre"))
    }

    @Test(arguments: [
        "", "abc", "nom+1234+!!", "nom+00000000+AQAA", "n m+00000000+AQAA", "nom+00000000+AgAA",
        "nom+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `a register's key that can't be read is told in both languages`(vkey: String) {
        do throws(NoteError) {
            _ = try NoteVerifierKey(parsing: vkey)
            Issue.record("\(vkey) was read")
        } catch {
            expectFrench(error.words.french)
            #expect(error.words.english.contains("not a register's key"))
        }
    }

    @Test(arguments: ["", "x", "a\n\n— b c\n", "o\n1\nAA\n\n— o AAAAAAAAAA==\n", "o\nun\nAA==\n\n— o AAAAAAAAAA==\n", "a\n1\n\n"])
    func `a checkpoint that can't be read is told in both languages`(text: String) {
        do throws(CheckpointError) {
            _ = try UnverifiedCheckpoint(parsing: Array(text.utf8))
            Issue.record("\(text) was read")
        } catch {
            expectFrench(error.words.french)
            #expect(error.words.french != error.words.english)
        }
    }

    @Test func `a file of certificates that holds none is named, with what is missing`() throws {
        let file = try folder.write("no certificate\n", to: "ca.pem")
        let fault = #expect(throws: CertificateFileFault.self) { _ = try CertificateAuthorities(file: file) }
        #expect(fault?.words.french.hasPrefix(file.path) == true && fault?.words.french.contains("BEGIN CERTIFICATE") == true)
        let broken = try folder.write("-----BEGIN CERTIFICATE-----\nAAAA!\n-----END CERTIFICATE-----\n", to: "broken.pem")
        let other = #expect(throws: CertificateFileFault.self) { _ = try CertificateAuthorities(file: broken) }
        expectFrench(try #require(other?.words.french))
    }

    @Test func `an archive that is no proof is refused in words`() throws {
        var archives = [[UInt8](), Array("not an archive at all, only some text".utf8), [UInt8](repeating: 0x50, count: 200)]
        let whole = try Zip.archive([ArchiveEntry("a", [1, 2, 3]), ArchiveEntry("b", [4])])
        for cut in [whole.count - 1, whole.count / 2] { archives.append(Array(whole.prefix(cut))) }
        for index in stride(from: 0, to: whole.count, by: 3) {
            var damaged = whole
            damaged[index] ^= 0x21
            archives.append(damaged)
        }
        for archive in archives {
            do throws(ProofRefusal) {
                _ = try ProofVerifier.verify(archive)
                Issue.record("it was taken for a proof")
            } catch {
                expectFrench(Bilingual.words(of: error).french.replacing("(zip -0 -X)", with: ""))
            }
        }
    }

    @Test func `every mistake of a template is told in French`() throws {
        let cases = [
            "{{", "{{}}", "{{a b}}", "{{=<% %>=}}", "{{%X}}", "{{<a}}", "{{inconnu}}", "{{#name}}{{/name}}", "{{list}}",
            "{{flag}}", "{{#flag}}", "{{/flag}}", "{{#flag}}{{/list}}", "{{> mail/nulle.txt}}", "{{> ../x.txt}}", "{{> mail/t.txt}}",
            "{{name.x}}", "{{upper(name)}}", "{{group}}", "{{^group}}{{/group}}", "{{#list}}{{.}}{{/list}}", "",
        ]
        let schema = TemplateSchema(
            "mail/t.txt", ["name": .text, "flag": .flag, "list": .list(["x": .text]), "group": .object(["x": .text])])
        for (number, text) in cases.enumerated() {
            try folder.write(text, to: "t\(number)/fr/mail/t.txt")
            let errors = #expect(throws: TemplateErrors.self, "\(text)") {
                _ = try TemplateSet(folder: folder["t\(number)"], languages: ["fr"], schemas: [schema])
            }
            for mistake in errors?.mistakes ?? [] {
                expectFrench(mistake.words.french)
                #expect(mistake.words.french.contains("fr/mail/t.txt"))
            }
        }
    }

    @Test func `a file that isn't there, is a folder or is no text is told with its path and the plain reason`() throws {
        let missing = folder["nulle-part.yml"]
        let notThere = #expect(throws: CocoaError.self) { _ = try Settings(file: missing) }
        #expect(Bilingual.words(of: try #require(notThere)).french == "\(missing.path) : ce fichier ou ce dossier n'existe pas")
        let isFolder = #expect(throws: CocoaError.self) { _ = try Settings(file: folder.url) }
        #expect(Bilingual.words(of: try #require(isFolder)).english == "\(folder.url.path): it is a folder, a file is needed")
        let noText = #expect(throws: CocoaError.self) { _ = try Settings(file: folder.write([0xFF, 0xC0, 0x00], to: "a.yml")) }
        #expect(Bilingual.words(of: try #require(noText)).french.contains("UTF-8"))
    }

    @Test func `two services on one folder, and a database that is none, are told in French`() throws {
        let lock = try DataFolderLock(folder: folder.url)
        let held = #expect(throws: DataFolderLockError.self) { _ = try DataFolderLock(folder: folder.url) }
        let words = try #require(held?.words)
        withExtendedLifetime(lock) { expectFrench(words.french) }
        #expect(words.french.contains("\(ProcessInfo.processInfo.processIdentifier)") && words.english.contains("stop it first"))

        try folder.write("this is no database, whatever its name says; it is only here to be refused\n", to: "base/appariteur.db")
        let fault = #expect(throws: (any Error).self) {
            _ = try SQLiteStorage.open(folder: folder["base"], randomness: .system, logger: Logger(label: "test"))
        }
        let database = Bilingual.words(of: try #require(fault))
        #expect(database.french.hasPrefix("Base de données : le fichier est abîmé") && database.english.contains("backup"))
    }

    @Test func `a damaged key file is told with its line`() throws {
        let keys = KeyFolder(dataFolder: folder.url)
        try keys.createMissing(at: Date(timeIntervalSince1970: 1_795_000_000), randomness: .system)
        try Data("1 hier secret\n".utf8).write(to: keys.linksFile)
        let fault = try #require(#expect(throws: KeyError.self) { _ = try keys.linkKeyring() })
        expectFrench(fault.words.french.replacing(keys.linksFile.path, with: ""))
        #expect(fault.words.french.contains("ligne 1 : "))
    }

    @Test func `what is quoted can't break a line nor move the cursor`() {
        #expect("a\r\nb\u{1B}[31m\u{202E}é".printable == "a\\r\\nb\\u{1b}[31m\\u{202e}é")
    }
}
