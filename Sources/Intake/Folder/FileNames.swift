import Council

/// Names that mean something to us, or nothing to anybody.
enum FileNames {
    static let readMe = "LISEZ-MOI.txt"
    static let report = "rapport.html"
    static let done = "Traités"
    static let refused = "Rejetés"
    static let underWay = "En cours"

    /// What systems and programs leave lying about: hidden files, thumbnails, owners' files of open documents.
    static func isJunk(_ name: RawName) -> Bool {
        let text = name.text.lowercased()
        if name.bytes.first == UInt8(ascii: ".") || text.hasPrefix("~$") { return true }
        return ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir", "__macosx", "$recycle.bin", "system volume information"]
            .contains(text)
    }

    /// What programs call a file that they have not finished.
    static func isInProgress(_ name: RawName) -> Bool {
        let text = name.text.lowercased()
        return [".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload", ".tmp", ".temp"].contains {
            text.hasSuffix($0)
        }
    }

    static func isRoll(_ name: RawName) -> Bool { name.text.lowercased() == "membres.csv" }

    static func isCopies(_ name: RawName) -> Bool { name.text.lowercased() == "copies.csv" }

    /// Lets a roll take away more than half of the members.
    static func isReplaceFile(_ name: RawName) -> Bool { name.text.lowercased() == "remplacer.txt" }

    static func isSendFile(_ name: RawName) -> Bool { name.text.lowercased() == "envoyer.txt" }

    /// Likely meant as `ENVOYER.txt`; not enough to send convocations on.
    static func isLikeSendFile(_ name: RawName) -> Bool {
        ["envoyer", "envoyer.txt.txt", "envoyer.doc", "envoyer.docx", "envoyer.odt", "envoyer.rtf", "envoyer.pdf", "envoyez.txt"]
            .contains(name.text.lowercased())
    }

    static func isDescription(_ name: RawName) -> Bool { Spelling.folded(name.text) == "seance.yml" }

    static func isLikeDescription(_ name: RawName) -> Bool {
        ["seance", "seance.yaml", "seance.txt", "seance.yml.txt", "seance.yaml.txt", "seance.json"].contains(Spelling.folded(name.text))
    }

    static func isReadMe(_ name: RawName) -> Bool { name.text.lowercased() == readMe.lowercased() }

    static func isReport(_ name: RawName) -> Bool {
        name.text == report || (name.text.hasPrefix("rapport (") && name.text.hasSuffix(").html"))
    }

    /// What file managers call a folder before its maker has named it.
    static func isUnnamedFolder(_ name: RawName) -> Bool {
        let text = CopyMark.removed(from: Spelling.folded(name.text))
        return ["nouveau dossier", "new folder", "dossier sans titre", "untitled folder", "sans titre", "nouveau repertoire"].contains(text)
    }
}
