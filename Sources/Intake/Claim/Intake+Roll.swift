import Council
import Foundation
import Store

extension Intake {
    /// The roll is replaced whole or not at all. Done again after a crash, it changes nothing and is moved.
    func takeRoll(_ item: DroppedItem, in folder: DropFolder) async throws {
        guard let bytes = try await list(item, in: folder) else { return }
        let order = try folder.underWay.names().first(where: FileNames.isReplaceFile)
        let entries: [RollEntry]
        do throws(Mistakes) {
            entries = try RollParser.parse(bytes, authority: settings.authority)
        } catch {
            return try await refuseFile(item, with: order, in: folder, error.list)
        }
        if order == nil, let mistake = Self.massRemoval(try await storage.members(of: nil), entries) {
            return try await refuseFile(item, in: folder, [mistake])
        }

        let hash = ContentHash(sha256Of: bytes)
        let change = try await storage.replaceRoll(with: entries, source: hash, at: clock.now())
        try step(.submitted)
        let page = try reports.roll(change, entries, hash: hash, at: clock.now())
        let (target, report) = try freeNames(like: "membres.csv", in: folder.done)
        try folder.done.write(page, as: report)
        try step(.reported)
        // The order first: left behind, it would let another roll take members away.
        if let order { try folder.underWay.move(order, to: folder.done, asFreeNameLike: RawName(stamp() + " " + order.text)) }
        try folder.underWay.move(item.name, to: folder.done, asFreeNameLike: target)
        log("roll taken", item)
        try step(.moved)
    }

    /// The bytes of a list under way; nil: it can't be read, and was refused.
    func list(_ item: DroppedItem, in folder: DropFolder) async throws -> [UInt8]? {
        do throws(FolderFault) {
            let file = try folder.underWay.file(item.name)
            if file.isLocked { throw FolderFault(action: "read", name: item.name.shown, code: EWOULDBLOCK) }
            let bytes = try file.read(RollParser.longestFile + 1, at: 0)
            guard try file.status() == item.status else { throw FolderFault(action: "read", name: item.name.shown, code: ESTALE) }
            return bytes
        } catch {
            switch error.code {
            case EWOULDBLOCK: throw Interruption.locked(item.name.shown)
            case ESTALE, ENOENT, ELOOP: throw Interruption.changed
            case EACCES, EPERM:
                try await refuseFile(item, in: folder, [Mistake(.unreadableFile, name: item.name.shown)])
                return nil
            default: throw error
            }
        }
    }

    /// `2026-11-24 09h05 membres.csv` and `2026-11-24 09h05 membres - rapport.html`, both free.
    func freeNames(like name: String, in done: OpenFolder) throws(FolderFault) -> (RawName, RawName) {
        let wanted = RawName(stamp() + " " + name)
        var count = 1
        while true {
            let target = wanted.numbered(count)
            let report = RawName(SafeFileNames.split(target.text).stem + " - rapport.html")
            let isFree = try done.status(target) == nil
            var isOurs = try done.status(report) == nil
            if !isOurs { isOurs = try OwnReport.isOne(report, in: done) }
            if isFree, isOurs { return (target, report) }
            count += 1
        }
    }

    /// More than half gone is more likely a wrong file than an election.
    private static func massRemoval(_ members: [Member], _ entries: [RollEntry]) -> Mistake? {
        let names = Set(entries.map(\.nameKey))
        let addresses = Set(entries.compactMap { $0.email?.key })
        let gone = members.count { !names.contains($0.entry.nameKey) && !($0.entry.email.map { addresses.contains($0.key) } ?? false) }
        guard gone >= 3, gone * 2 > members.count else { return nil }
        return Mistake(.massRemoval, value: String(members.count), count: gone)
    }

    /// Without a roll under way or on its way, the order has nothing to be for.
    func takeReplaceFile(_ item: DroppedItem, in folder: DropFolder, _ waiting: inout [Waiting]) async throws {
        var around = try folder.underWay.names()
        around += try folder.root.names()
        if around.contains(where: FileNames.isRoll) {
            waiting.append(Waiting(name: item.name.shown, reason: .alone))
        } else {
            try await refuseFile(item, in: folder, [Mistake(.strayFile, name: item.name.shown)])
        }
    }
}
