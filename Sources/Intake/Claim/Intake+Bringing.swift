import Council
import Foundation
import Logging
import Store

extension Intake {
    /// Brings one thing under way to its end. A fault of ours leaves it where it is, to be tried again after a pause; it is
    /// never a reason to refuse what a clerk dropped.
    func bring(_ item: DroppedItem, in folder: DropFolder, _ waiting: inout [Waiting]) async throws(Stopped) {
        let name = item.name.shown
        if let id = OpenWriters.among(item.snapshot.files).first {
            waiting.append(Waiting(name: name, reason: .beingWritten(item.name(of: id))))
            return
        }
        do {
            switch item.kind {
            case .folder: try await takeSitting(item, in: folder)
            case .roll: try await takeRoll(item, in: folder)
            case .copies: try await takeCopies(item, in: folder)
            case .replaceFile: try await takeReplaceFile(item, in: folder, &waiting)
            case .other: try await refuseFile(item, in: folder, [Self.stray(item)])
            }
            pauses.clear(item.status.id)
        } catch Interruption.changed {
            stillness.forget(item.status.id)
            waiting.append(Waiting(name: name, reason: .settling))
        } catch Interruption.locked(let file) {
            waiting.append(Waiting(name: name, reason: .locked(file)))
        } catch let stopped as Stopped {
            throw stopped
        } catch {
            // What the steps before did may already be committed: from here on it is treated as after a restart.
            claimed.remove(item.status.id)
            pauses.fault(item.status.id, Shown.text("\(error)"), at: uptime.now())
            waiting.append(Waiting(name: name, reason: .fault(Shown.text("\(error)"))))
        }
    }

    private static func stray(_ item: DroppedItem) -> Mistake {
        let name = item.name.shown
        if item.status.kind == .link { return Mistake(.linkedFolder, name: name) }
        if item.status.kind != .file { return Mistake(.specialEntry, name: name) }
        let (stem, ending) = SafeFileNames.split(item.name.text.lowercased())
        if stem.hasPrefix("membre") {
            if [".xlsx", ".xls", ".ods", ".xlsm"].contains(ending) { return Mistake(.rollAsWorkbook, name: name) }
            if [".csv", ".txt", ""].contains(ending) { return Mistake(.rollOtherName, name: name) }
        }
        if stem.hasPrefix("copie") {
            if [".xlsx", ".xls", ".ods", ".xlsm"].contains(ending) { return Mistake(.copiesAsWorkbook, name: name) }
            if [".csv", ".txt", ""].contains(ending) { return Mistake(.copiesOtherName, name: name) }
        }
        return Mistake(.strayFile, name: name)
    }

    /// A folder that can't be taken goes to `Rejetés`, whole, with its report. Posted first: a crash behind it repeats the
    /// mail, where one before would lose it.
    func refuse(_ item: DroppedItem, _ opened: OpenFolder, in folder: DropFolder, _ mistakes: [Mistake]) async throws {
        let refusal = try reports.refusal(of: item.name.shown, at: clock.now(), isRoll: false, isCopies: false, isSitting: true, mistakes)
        try await storage.post(.rejected(name: item.name.shown, reason: refusal.reason), at: clock.now())
        try step(.posted)
        try OwnReport.write(refusal.page, in: opened)
        try step(.reported)
        try folder.underWay.move(item.name, to: folder.refused, asFreeNameLike: item.name)
        log("refused", item, mistakes)
        try step(.moved)
    }

    /// A file goes into a folder of its own in `Rejetés`, under the name that it had: corrected, it can be dropped as it is.
    func refuseFile(
        _ item: DroppedItem, with companion: RawName? = nil, in folder: DropFolder, _ mistakes: [Mistake]
    ) async throws {
        let refusal = try reports.refusal(
            of: item.name.shown, at: clock.now(), isRoll: item.kind == .roll, isCopies: item.kind == .copies, isSitting: false, mistakes)
        try await storage.post(.rejected(name: item.name.shown, reason: refusal.reason), at: clock.now())
        try step(.posted)
        let own = try ownFolder(for: item, in: folder)
        try OwnReport.write(refusal.page, in: own)
        try step(.reported)
        if let companion { try folder.underWay.move(companion, to: own, asFreeNameLike: companion) }
        try folder.underWay.move(item.name, to: own, asFreeNameLike: item.name)
        log("refused", item, mistakes)
        try step(.moved)
    }

    /// A new folder, or the one that a crash left with nothing but our report in it.
    private func ownFolder(for item: DroppedItem, in folder: DropFolder) throws(FolderFault) -> OpenFolder {
        let wanted = RawName(stamp() + " " + SafeFileNames.split(item.name.text).stem)
        var count = 1
        while true {
            let name = wanted.numbered(count)
            try folder.refused.makeFolder(name)
            if try folder.refused.status(name)?.kind == .folder {
                let own = try folder.refused.folder(name)
                var isFree = true
                for entry in try own.names() where isFree { isFree = try OwnReport.isOne(entry, in: own) }
                if isFree { return own }
            }
            count += 1
        }
    }

    /// `2026-11-24 09h05`: sorts, and can stand in a file's name everywhere.
    func stamp() -> String {
        let now = CivilDateTime(of: clock.now(), in: settings.authority.timeZone)
        return now.description.replacing(":", with: "h")
    }

    func log(_ what: String, _ item: DroppedItem, _ mistakes: [Mistake] = []) {
        let codes = mistakes.prefix(20).map(\.code.rawValue).joined(separator: " ")
        logger.notice("\(what) from the drop folder", metadata: ["name": "\(item.name.shown)", "reasons": "\(codes)"])
    }
}
