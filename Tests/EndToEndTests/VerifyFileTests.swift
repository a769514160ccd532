import Foundation
import TestSupport
import Testing

/// What people give to `verify` by mistake: each is told what it is, and what to do.
struct VerifyFileTests {
    private func verify(_ words: [String], language: String = "fr_FR.UTF-8", as account: [String] = []) throws -> ToolResult {
        let line = account + [try Gatehouse.program(), "verify"] + words
        return try Tool.run(line[0], Array(line.dropFirst()), environment: ["LC_ALL": language])
    }

    @Test func `a file that can't be read is the asker's mistake, one that is no proof is refused, each with its true cause`() throws {
        let folder = try TemporaryFolder()
        let plain = folder.url.path
        let pdf = try folder.write("%PDF-1.7\n\u{0}\u{1}\n%%EOF\n", to: "01 Budget.pdf").path
        let page = try folder.write("\n<!DOCTYPE html>\n<html><title>502</title></html>\n", to: "preuve.html").path
        let text = try folder.write("Bonjour, voici la preuve.\n", to: "preuve.txt").path
        let empty = try folder.write("", to: "vide.asice").path
        let noise = try folder.write([1, 2, 3, 250, 251] + Array(repeating: 0, count: 90), to: "bruit.asice").path
        let missing = folder["absente.asice"].path
        let pipe = folder["tube"].path
        #expect(try Tool.run("mkfifo", [pipe]).status == 0)
        let cases: [(file: String, status: Int32, code: String, french: String, english: String)] = [
            ("/dev/null", 2, "fileIsSpecial", "ce n'est pas un fichier ordinaire", "it is not an ordinary file"),
            (pipe, 2, "fileIsSpecial", "enregistrez-le d'abord", "save it to a file first"),
            (plain, 2, "fileIsFolder", "c'est un dossier ; donnez le fichier lui-même", "it is a folder; give the file itself"),
            (missing, 2, "fileMissing", "ce fichier n'existe pas", "there is no such file"),
            (empty, 1, "fileEmpty", "ce fichier est vide", "this file is empty"),
            (pdf, 1, "fileOfOtherKind", "verify PREUVE.asice --document \(pdf)", "verify PROOF.asice --document \(pdf)"),
            (page, 1, "fileOfOtherKind", "c'est une page web", "it is a web page"),
            (text, 1, "fileOfOtherKind", "c'est un texte, pas une preuve", "it is a text, not a proof"),
            (noise, 1, "archive", "la fin de l'archive manque", "truncated, or something was added"),
        ]
        for one in cases {
            let french = try verify([one.file])
            #expect(french.status == one.status && french.errors.contains(one.french), "\(one): \(french)")
            #expect(french.errors.split(separator: "\n").count == 1 && french.errors.contains(one.file), "\(french.errors)")
            let english = try verify([one.file], language: "en_GB.UTF-8")
            #expect(english.status == one.status && english.errors.contains(one.english), "\(one): \(english)")
            let json = try verify([one.file, "--json"])
            #expect(json.status == one.status && json.text.contains("\"code\":\"\(one.code)\""), "\(one): \(json)")
        }
        // One bad name keeps none of the others from being looked at; a refusal weighs more than a file that can't be read.
        let several = try verify([missing, text, empty])
        #expect(several.status == 1 && several.errors.split(separator: "\n").count == 3, "\(several.errors)")
        // The document is a file as well.
        for (file, words) in [(plain, "c'est un dossier"), (missing, "ce fichier n'existe pas")] {
            let result = try verify([empty, "--document", file])
            #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        }
    }

    @Test func `a proof that this account may not read is told with its owner`() throws {
        let folder = try TemporaryFolder()
        let closed = try folder.write("PK", to: "preuve.asice").path
        #expect(chown(closed, 65534, 65534) == 0 && chmod(closed, 0o600) == 0)
        // Root without its privilege over files, not another account: that one might not reach the program either.
        let unprivileged = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
        let result = try verify([closed], as: unprivileged)
        #expect(result.status == 2 && result.errors.contains("appartient au compte « nobody »"), "\(result)")
        #expect(try verify([closed, "--json"], as: unprivileged).text.contains("\"code\":\"fileUnreadable\""))
    }
}
