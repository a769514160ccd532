import Council
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Room on the disks, and whether what is written there stays.
extension Doctor {
    func diskLooks() -> [Look] {
        [("folders.data", found.dataFolder), ("folders.drop", found.dropFolder)].flatMap { key, folder -> [Look] in
            // That it isn't there, `check` tells.
            guard let folder, FileManager.default.fileExists(atPath: folder.path) else { return [] }
            let path = folder.path
            let room = Look(check: "disk.room", place: path) { Outcome(await aside { Self.room(path, key) }) }
            guard key == "folders.data" else { return [room] }
            let name = ".doctor-" + Hex.encode(randomness.bytes(8))
            return [room, Look(check: "disk.write", place: path) { Outcome([await aside { Self.durableWrite(path, name) }]) }]
        }
    }

    /// A call that may block (a network disk) on a thread of its own.
    private func aside<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }

    private static let whyRoom = Bilingual(
        "disque plein, le service ne peut plus rien enregistrer, ni donc rien envoyer",
        "with the disk full the service can record nothing any more, and so send nothing")

    private static func room(_ path: String, _ key: String) -> [DoctorFinding] {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            let words = Bilingual.system(errno)
            return [
                .failure(
                    "disk.room", path, words, why: whyRoom, key: key, Bilingual("\(key) : un dossier utilisable", "\(key): a usable folder")
                )
            ]
        }
        // What root alone may use isn't counted.
        let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
        let whole = Int64(clamping: UInt64(status.f_blocks) * UInt64(status.f_frsize))
        let (inodes, allInodes) = (Int64(clamping: status.f_favail), Int64(clamping: status.f_files))
        let words = Bilingual(
            "\(Amount.bytes(free)) libres sur \(Amount.bytes(whole))", "\(Amount.bytes(free)) free of \(Amount.bytes(whole))")
        return [
            graded("disk.room", path, key, words, isFailure: free < 200_000_000, isWarning: free < 2_000_000_000),
            // Some file systems have no such number.
            allInodes == 0
                ? nil
                : graded(
                    "disk.inodes", path, key,
                    Bilingual("place pour \(inodes) fichiers", "room for \(inodes) files"), isFailure: inodes < 1_000,
                    isWarning: inodes < 50_000),
        ].compactMap { $0 }
    }

    private static func graded(
        _ check: String, _ path: String, _ key: String, _ words: Bilingual, isFailure: Bool, isWarning: Bool
    ) -> DoctorFinding {
        let fix = Bilingual(
            "faire de la place, ou \(key) : un dossier d'un disque plus grand", "make room, or \(key): a folder on a larger disk")
        if isFailure { return .failure(check, path, words, why: whyRoom, key: key, fix) }
        return isWarning ? .warning(check, path, words, why: whyRoom, key: key, fix) : .ok(check, path, words)
    }

    /// Writes, syncs and removes a small file. A crash in between leaves one of 16 bytes, named `.doctor-…`, that nobody reads.
    private static func durableWrite(_ folder: String, _ name: String) -> DoctorFinding {
        let path = folder + "/" + name
        let start = DispatchTime.now()
        func failure() -> DoctorFinding {
            .failure(
                "disk.write", folder, Bilingual("écriture impossible : ", "can't be written: ") + .system(errno), why: whyRoom,
                key: "folders.data",
                Bilingual(
                    "rendre le dossier au compte du service, ou réparer le disque",
                    "give the folder to the service's account, or mend the disk"))
        }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { return failure() }
        let isWritten = write(file, [UInt8](repeating: 0x2E, count: 16), 16) == 16 && fsync(file) == 0
        let outcome = isWritten ? nil : failure()
        close(file)
        guard unlink(path) == 0 else { return failure() }
        if let outcome { return outcome }
        let milliseconds = (DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1_000_000
        let words = Bilingual("une écriture durable en \(milliseconds) ms", "a durable write in \(milliseconds) ms")
        guard milliseconds > 1_000 else { return .ok("disk.write", folder, words) }
        return .warning(
            "disk.write", folder, words,
            why: Bilingual("chaque clic d'un élu attend une telle écriture", "each click of a member waits for such a write"),
            key: "folders.data",
            Bilingual("folders.data : un disque local", "folders.data: a local disk"))
    }
}
