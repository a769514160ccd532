import Council
import Foundation
import Store

/// What lies beside the ledger, byte for byte: the database's files against their checksums, and who can read the keys.
extension AuditRun {
    func scanDatabase() async throws {
        guard let scan = try await audit.storage?.scanFiles(limit: AuditReport.listed) else { return }
        report.add(scan)
    }

    /// The folder and all in it must be closed to every account but their owner.
    func checkKeyModes() {
        guard let keys = audit.keys else { return }
        var status = stat()
        // A folder that isn't there is the start's own refusal.
        guard lstat(keys.path, &status) == 0 else { return }
        checkMode(status, of: "keys")
        guard let all = FileManager.default.enumerator(atPath: keys.path) else {
            report.add("keys", "illisible", "it can't be read")
            return
        }
        for case let name as String in all {
            var status = stat()
            // Gone meanwhile: a key that is being rotated is written aside first.
            if lstat(keys.appendingPathComponent(name).path, &status) == 0 { checkMode(status, of: "keys/" + name) }
        }
    }

    private func checkMode(_ status: stat, of path: String) {
        // A link has no mode of its own: what it points to may lie open anywhere.
        guard status.st_mode & S_IFMT != S_IFLNK else {
            report.add(
                path, "c'est un lien symbolique : mettez le fichier lui-même à sa place",
                "a symbolic link: put the file itself in its place")
            return
        }
        guard status.st_mode & 0o077 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        let closed = status.st_mode & S_IFMT == S_IFDIR ? "700" : "600"
        report.add(
            path, "ouvert à d'autres comptes (droits \(mode)) : chmod \(closed) \(path)",
            "open to other accounts (mode \(mode)): chmod \(closed) \(path)")
    }
}

extension AuditReport {
    mutating func add(_ scan: FileScan) {
        pages = scan.pages
        furtherFindings += scan.further
        for fault in scan.faults {
            switch fault {
            case .part(.logFrame): add("appariteur.db-wal", AuditWords.of(fault))
            default: add("appariteur.db", AuditWords.of(fault))
            }
        }
    }
}
