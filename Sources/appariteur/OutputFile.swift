import ArgumentParser
import Foundation

/// Where a command writes its one file. What is there already is somebody's: it is replaced only when that is asked for.
struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .words("Où l'écrire.", "Where to write it.")) var output: String
    @Flag(help: .words("Remplacer le fichier s'il existe.", "Replace the file if there is one.")) var force = false

    func validate() throws {
        if output.isEmpty { throw ValidationError("-o : donnez le nom d'un fichier.", "-o: name a file.") }
    }

    /// Before the work, so that it isn't done in vain.
    func check() throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: output, isDirectory: &isFolder) else { return }
        if isFolder.boolValue {
            Terminal.complain(
                "\(output) est un dossier : donnez le nom d'un fichier.", "\(output) is a folder: name a file.")
            throw Answer.wrong
        }
        if !force { throw refused() }
    }

    /// Whole and durable under its name, or not at all.
    func write(_ bytes: [UInt8]) throws {
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        var template = Array((folder + "/.appariteur-XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw fault() }
        let aside = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Gone already where it was renamed.
        defer { unlink(aside) }
        do {
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            // As any file of this person's: mkstemp lets nobody else read it.
            let mask = umask(0)
            umask(mask)
            guard fchmod(file, 0o666 & ~mask) == 0 else { throw fault() }
            try handle.close()
        }
        if force {
            guard rename(aside, output) == 0 else { throw fault() }
        } else if link(aside, output) != 0 {
            if errno == EEXIST { throw refused() }
            // A disk without hard links: the name was free a moment ago.
            guard [EPERM, ENOTSUP, ENOSYS].contains(errno), rename(aside, output) == 0 else { throw fault() }
        }
    }

    private func refused() -> Answer {
        Terminal.complain(
            "\(output) existe déjà et n'a pas été touché : donnez un autre nom, ou --force pour le remplacer.",
            "\(output) exists already and was left as it is: give another name, or --force to replace it.")
        return .wrong
    }

    private func fault() -> CocoaError {
        CocoaError(
            .fileWriteUnknown,
            userInfo: [NSFilePathErrorKey: output, NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: Int(errno))])
    }
}
