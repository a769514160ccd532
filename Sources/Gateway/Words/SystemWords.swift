package import Council
import Foundation

/// What the system said about a call that failed, in plain words: a path and a reason.
enum SystemWords {
    /// Path and reason; where rights are what is missing, also whose the file is.
    static func words(_ path: String, _ code: Int32) -> Bilingual {
        if code == EACCES || code == EPERM, let fault = AccessFault(path) ?? AccessFault(above: path) { return fault.words }
        return Bilingual("\(path.printable) : ", "\(path.printable): ") + .system(code)
    }

    /// The same for a text that `strerror` gave.
    static func reason(_ text: String) -> Bilingual {
        for code in Int32(1)...133 where String(cString: strerror(code)) == text { return .system(code) }
        return Bilingual(text, text)
    }

    static func words(of error: CocoaError) -> Bilingual {
        let path =
            error.userInfo[NSFilePathErrorKey] as? String ?? (error.userInfo[NSURLErrorKey] as? URL)?.path ?? ""
        let underlying = error.userInfo[NSUnderlyingErrorKey]
        if let code = (underlying as? POSIXError)?.code.rawValue ?? code(error.code) { return words(path, code) }
        let reason =
            switch error.code {
            case .fileReadInapplicableStringEncoding, .fileReadUnknownStringEncoding, .fileReadCorruptFile:
                Bilingual("ce fichier n'est pas un texte en UTF-8", "the file is not UTF-8 text")
            default:
                Bilingual("lecture ou écriture impossible (\(error.code.rawValue))", "it can't be read or written (\(error.code.rawValue))")
            }
        return path.isEmpty ? reason : Bilingual("\(path.printable) : ", "\(path.printable): ") + reason
    }

    private static func code(_ code: CocoaError.Code) -> Int32? {
        switch code {
        case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: EACCES
        case .fileWriteFileExists: EEXIST
        case .fileWriteOutOfSpace: ENOSPC
        case .fileWriteVolumeReadOnly: EROFS
        case .fileReadTooLarge: EFBIG
        case .fileReadInvalidFileName, .fileWriteInvalidFileName: ENAMETOOLONG
        default: nil
        }
    }

    /// What the database's engine says, told by its result code ("SQLite error 26: …").
    static func databaseFault(_ text: String) -> Bilingual? {
        let prefix = "SQLite error "
        guard text.hasPrefix(prefix), let code = Int(text.dropFirst(prefix.count).prefix { $0.isNumber }) else { return nil }
        let meaning =
            switch code & 0xFF {
            case 5, 6:
                Bilingual(
                    "un autre programme la garde verrouillée depuis plus de dix secondes : attendez, puis recommencez",
                    "another program has kept it locked for more than ten seconds: wait, then try again")
            case 8: Bilingual("elle est en lecture seule pour ce compte", "it is read-only for this account")
            case 10: Bilingual("le disque a répondu par une erreur (panne ?)", "the disk answered with an error (failing?)")
            case 11, 26:
                Bilingual(
                    "le fichier est abîmé, ou n'est pas une base : gardez-le de côté et reprenez la dernière sauvegarde de appariteur.db",
                    "the file is damaged, or no database: keep it aside and restore the latest backup of appariteur.db")
            case 13: Bilingual("le disque est plein", "the disk is full")
            case 14: Bilingual("elle ne peut pas être ouverte par ce compte", "it can't be opened by this account")
            default: Bilingual("elle a refusé l'opération", "it refused the operation")
            }
        return Bilingual("Base de données : ", "Database: ") + meaning + " (\(text.printable))"
    }
}

/// A file or folder that the account of this process may not use.
package struct AccessFault: WordedError, Hashable {
    /// What is refused: the file itself, or the folder above it that keeps it closed.
    package let path: String
    package let owner: String
    package let account: String
    /// It is a part of the installation, which may be given to the service's account; nothing else is.
    package var isOurs = false

    /// Nil when `path` may be used so (`R_OK`, `W_OK`, `X_OK`), or when it isn't there at all.
    /// `part`: the file or folder of the installation that it is in; what lies above that is never called ours.
    package init?(_ path: String, for use: Int32, partOf part: String? = nil) {
        guard faccessat(AT_FDCWD, path, use, AT_EACCESS) != 0, errno == EACCES || errno == EPERM else { return nil }
        self.init(path)
        if let part { isOurs = self.path.hasPrefix(part) }
    }

    /// The folder in which `path` could not be made. Nil when it may be written.
    init?(above path: String) {
        var place = (path as NSString).deletingLastPathComponent
        while place.count > 1, faccessat(AT_FDCWD, place, F_OK, AT_EACCESS) != 0 { place = (place as NSString).deletingLastPathComponent }
        self.init(place.isEmpty ? "." : place, for: W_OK | X_OK)
    }

    /// Nil when it isn't there at all.
    init?(_ path: String) {
        var place = path
        while faccessat(AT_FDCWD, place, F_OK, AT_EACCESS) != 0 {
            guard errno == EACCES, place != "/", place != "." else { return nil }
            place = (place as NSString).deletingLastPathComponent
            if place.isEmpty { place = "." }
        }
        // Gone in the meantime: then there is nothing to tell of it.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: place) else { return nil }
        self.path = place
        let number = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value ?? 0
        owner = attributes[.ownerAccountName] as? String ?? Self.name(number)
        account = Self.name(geteuid())
    }

    private static func name(_ number: uid_t) -> String { getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? "\(number)" }

    package var words: Bilingual {
        guard owner != account else {
            return Bilingual(
                "\(path.printable) : ses droits n'en permettent pas l'usage, même à « \(owner) », à qui il appartient ; rétablissez-les (chmod u+rwX \(path.printable)).",
                "\(path.printable): its rights don't allow it, even to “\(owner)”, whose it is; restore them (chmod u+rwX \(path.printable))."
            )
        }
        let right = Bilingual(
            "\(path.printable) appartient au compte « \(owner) » ; « \(account) », qui lance cette commande, n'y a pas les droits nécessaires. ",
            "\(path.printable) belongs to account “\(owner)”; “\(account)”, who runs this command, lacks the rights. ")
        guard owner == "root" else {
            return right
                + Bilingual(
                    "Lancez-la sous le compte du service : sudo -u \(owner) appariteur …",
                    "Run it as the service's account: sudo -u \(owner) appariteur …")
        }
        guard isOurs else { return right + Bilingual("Lancez-la sous un compte qui les a.", "Run it as an account that has them.") }
        return right
            + Bilingual(
                "Lancez-la par sudo ou, si le service tourne sous un autre compte, rendez-lui ce qui est à lui : chown -R COMPTE: \(path.printable)",
                "Run it by sudo or, if the service runs under another account, give it what is its own: chown -R ACCOUNT: \(path.printable)"
            )
    }
}
