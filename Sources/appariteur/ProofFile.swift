import Council
import Foundation
import Gateway
import Notary

/// Why a file that was given to `verify` can't be looked at, or is no proof at all.
enum ProofFileFault: WordedError, Hashable {
    case missing(String)
    case folder(String)
    /// A device, pipe or socket: what it holds is gone once it is read, or never ends.
    case special(String)
    case closed(AccessFault)
    case empty(String)
    case otherKind(String, Kind)

    /// What it is instead, by its first bytes.
    enum Kind: Hashable {
        case pdf
        case webPage
        case text
    }

    /// Nothing of it was judged: the question is wrong, not the proof.
    var isUsage: Bool {
        switch self {
        case .missing, .folder, .special, .closed: true
        case .empty, .otherKind: false
        }
    }

    /// What programs tell them apart by, beside `ProofRefusal`'s.
    var code: String {
        switch self {
        case .missing: "fileMissing"
        case .folder: "fileIsFolder"
        case .special: "fileIsSpecial"
        case .closed: "fileUnreadable"
        case .empty: "fileEmpty"
        case .otherKind: "fileOfOtherKind"
        }
    }

    var words: Bilingual {
        switch self {
        case .missing(let path):
            Bilingual(
                "\(path.printable) : ce fichier n'existe pas ; vérifiez son nom et son dossier.",
                "\(path.printable): there is no such file; check its name and folder.")
        case .folder(let path):
            Bilingual(
                "\(path.printable) : c'est un dossier ; donnez le fichier lui-même (une preuve a un nom en .asice).",
                "\(path.printable): it is a folder; give the file itself (a proof's name ends in .asice).")
        case .special(let path):
            Bilingual(
                "\(path.printable) : ce n'est pas un fichier ordinaire (périphérique, tube…) ; enregistrez-le d'abord dans un fichier, puis donnez ce fichier.",
                "\(path.printable): it is not an ordinary file (a device, a pipe…); save it to a file first, then give that file.")
        case .closed(let fault): fault.words
        case .empty(let path):
            Bilingual(
                "\(path.printable) : ce fichier est vide (0 octet) : copie ou téléchargement interrompus. Recommencez, ou redemandez la preuve.",
                "\(path.printable): this file is empty (0 bytes): a copy or download was cut short. Do it again, or ask for the proof again."
            )
        case .otherKind(let path, .pdf):
            Bilingual(
                "\(path.printable) : c'est un document PDF, pas une preuve. Donnez la preuve, puis le document : appariteur verify PREUVE.asice --document \(path.printable)",
                "\(path.printable): it is a PDF document, not a proof. Give the proof, then the document: appariteur verify PROOF.asice --document \(path.printable)"
            )
        case .otherKind(let path, .webPage):
            Bilingual(
                "\(path.printable) : c'est une page web, pas une preuve : sans doute enregistrée à sa place. Téléchargez de nouveau le fichier .asice.",
                "\(path.printable): it is a web page, not a proof: probably saved in its place. Download the .asice file again.")
        case .otherKind(let path, .text):
            Bilingual(
                "\(path.printable) : c'est un texte, pas une preuve. Une preuve est le fichier .asice entier, tel que reçu, et non l'un des fichiers qu'il contient.",
                "\(path.printable): it is a text, not a proof. A proof is the whole .asice file as it was received, not one of the files in it."
            )
        }
    }
}

/// A file that somebody gave to be checked.
enum ProofFile {
    /// Throws why it can't be read as a file; nothing of it has been read then.
    static func check(_ path: String) throws(ProofFileFault) -> Int {
        var status = stat()
        // Of a link, what it leads to.
        guard stat(path, &status) == 0 else {
            if let fault = AccessFault(path, for: F_OK) { throw .closed(fault) }
            throw .missing(path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .folder(path)
        default: throw .special(path)
        }
        if let fault = AccessFault(path, for: R_OK) { throw .closed(fault) }
        return Int(status.st_size)
    }

    /// A proof's bytes. Of a file that is too long to be a proof no more is read than its length.
    static func bytes(of path: String) throws -> [UInt8] {
        let size = try check(path)
        guard size > 0 else { throw ProofFileFault.empty(path) }
        guard size <= Zip.longest else { throw ProofRefusal.archive(.tooLong(size)) }
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        if let kind = kind(of: bytes) { throw ProofFileFault.otherKind(path, kind) }
        return bytes
    }

    /// Nil: it may be a proof, whole or damaged.
    static func kind(of bytes: [UInt8]) -> ProofFileFault.Kind? {
        if bytes.starts(with: "PK".utf8) { return nil }
        if bytes.starts(with: "%PDF-".utf8) { return .pdf }
        // A character may be cut in two at the end of what is looked at.
        let head = bytes.prefix(4096)
        guard !head.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D].contains($0) }) else { return nil }
        let whole = (0..<4).contains { cut in String(validating: head.dropLast(cut), as: UTF8.self) != nil }
        guard whole else { return nil }
        let start = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html") ? .webPage : .text
    }
}
