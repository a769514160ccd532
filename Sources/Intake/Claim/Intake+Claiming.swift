import Foundation
import Logging

/// One thing that was dropped: a folder, a roll, or something else.
struct DroppedItem {
    enum Kind { case roll, copies, replaceFile, folder, other }

    let name: RawName
    let kind: Kind
    let status: FileStatus
    let snapshot: Snapshot

    init(_ name: RawName, _ status: FileStatus, in parent: OpenFolder) throws(FolderFault) {
        self.name = name
        self.status = status
        switch status.kind {
        case .folder:
            kind = .folder
            snapshot = try Snapshot.of(try parent.folder(name))
        case .file:
            kind =
                FileNames.isRoll(name)
                ? .roll : FileNames.isCopies(name) ? .copies : FileNames.isReplaceFile(name) ? .replaceFile : .other
            snapshot = .of(file: status)
        case .link, .other:
            kind = .other
            snapshot = .of(file: status)
        }
    }

    /// A file of its own or inside whose name says that it isn't finished.
    var inProgress: RawName? {
        if kind != .folder { return FileNames.isInProgress(name) ? name : nil }
        return snapshot.entries.keys.compactMap(\.last).filter(FileNames.isInProgress).min()
    }

    func name(of id: FileID) -> String {
        snapshot.entries.first { $0.value.id == id }?.key.last?.shown ?? name.shown
    }
}

extension Intake {
    /// Moves what is ready into `En cours`: an atomic rename, so that after a crash it lies in one place or the other.
    func claimAll(in folder: DropFolder, _ waiting: inout [Waiting], _ seen: inout Set<FileID>) throws(Stopped) {
        var ready: [DroppedItem] = []
        for item in look(into: folder.root, skipping: { folder.ownNames.contains($0) || FileNames.isReadMe($0) }, &waiting, &seen) {
            if let reason = waits(item) { waiting.append(Waiting(name: item.name.shown, reason: reason)) } else { ready.append(item) }
        }
        // The order goes with the roll that it is for, and before it: alone under way, it changes nothing.
        let hasRoll = ready.contains { $0.kind == .roll }
        ready = ready.filter { item in
            guard item.kind == .replaceFile, !hasRoll, !isPatient(item) else { return true }
            waiting.append(Waiting(name: item.name.shown, reason: .alone))
            return false
        }
        ready.sort { Self.rank($0) < Self.rank($1) }
        let written = OpenWriters.among(ready.reduce(into: Set()) { $0.formUnion($1.snapshot.files) })
        for item in ready {
            if let id = item.snapshot.files.first(where: written.contains) {
                waiting.append(Waiting(name: item.name.shown, reason: .beingWritten(item.name(of: id))))
            } else {
                try claim(item, in: folder, &waiting)
            }
        }
    }

    private static func rank(_ item: DroppedItem) -> Int {
        switch item.kind {
        case .replaceFile: 0
        case .roll: 1
        case .copies: 2
        case .folder, .other: 3
        }
    }

    private func claim(_ item: DroppedItem, in folder: DropFolder, _ waiting: inout [Waiting]) throws(Stopped) {
        do {
            // Under way, that name is our own page's.
            let target = FileNames.isReport(item.name) ? RawName("fichier " + item.name.text) : item.name
            try folder.root.move(item.name, to: folder.underWay, as: target)
            claimed.insert(item.status.id)
            logger.info("claimed from the drop folder", metadata: ["name": "\(item.name.shown)"])
            try step(.claimed)
        } catch let fault as FolderFault where fault.code == EEXIST || fault.code == ENOTEMPTY {
            waiting.append(Waiting(name: item.name.shown, reason: .sameName))
        } catch let fault as FolderFault where fault.isMissing {
            // Renamed or taken away meanwhile: looked at again in the next pass, under its new name.
            stillness.forget(item.status.id)
        } catch let fault as FolderFault where fault.isForbidden {
            waiting.append(Waiting(name: item.name.shown, reason: .forbidden))
        } catch let stopped as Stopped {
            throw stopped
        } catch {
            waiting.append(Waiting(name: item.name.shown, reason: .fault(Shown.text("\(error)"))))
        }
    }

    /// What lies under way and is ready to be brought on: a roll before the folders that it may be needed for.
    func items(under folder: DropFolder, _ waiting: inout [Waiting], _ seen: inout Set<FileID>) -> [DroppedItem] {
        look(into: folder.underWay, skipping: FileNames.isReport, &waiting, &seen).sorted { Self.rank($0) < Self.rank($1) }.filter { item in
            if let reason = pauses.reason(item.status.id, at: uptime.now()) {
                waiting.append(Waiting(name: item.name.shown, reason: .fault(reason)))
                return false
            }
            guard let reason = stillWaits(item) else { return true }
            waiting.append(Waiting(name: item.name.shown, reason: reason))
            return false
        }
    }

    private func look(
        into parent: OpenFolder, skipping isOurs: (RawName) -> Bool, _ waiting: inout [Waiting], _ seen: inout Set<FileID>
    ) -> [DroppedItem] {
        var items: [DroppedItem] = []
        do throws(FolderFault) {
            for name in try parent.names() where !FileNames.isJunk(name) && !isOurs(name) {
                guard let status = try parent.status(name) else { continue }
                seen.insert(status.id)
                do throws(FolderFault) {
                    items.append(try DroppedItem(name, status, in: parent))
                } catch {
                    guard !error.isMissing else { continue }
                    let reason: Waiting.Reason = error.isForbidden ? .forbidden : .fault(error.description)
                    waiting.append(Waiting(name: name.shown, reason: reason))
                }
            }
        } catch {
            waiting.append(Waiting(name: Shown.text(parent.path), reason: .fault(error.description)))
        }
        return items
    }

    /// What a thing in the drop folder waits for; nil: it can be claimed.
    private func waits(_ item: DroppedItem) -> Waiting.Reason? {
        if let reason = stillWaits(item) { return reason }
        guard item.kind == .folder, !isPatient(item) else { return nil }
        if item.snapshot.isEmpty { return .empty }
        return FileNames.isUnnamedFolder(item.name) ? .unnamed : nil
    }

    private func stillWaits(_ item: DroppedItem) -> Waiting.Reason? {
        let still = stillness.observe(item.status.id, item.snapshot, at: uptime.now())
        if let name = item.inProgress { return .inProgress(name.shown) }
        guard let still, still >= settings.settle else { return .settling }
        return nil
    }

    private func isPatient(_ item: DroppedItem) -> Bool {
        (stillness.observe(item.status.id, item.snapshot, at: uptime.now()) ?? .zero) >= settings.patience
    }
}
