import Council
import Foundation
import Store

extension Intake {
    /// The list of copies is replaced whole or not at all; whatever is wrong with it, sittings and convocations go their way. Done
    /// again after a crash, it changes nothing and is moved.
    func takeCopies(_ item: DroppedItem, in folder: DropFolder) async throws {
        guard let bytes = try await list(item, in: folder) else { return }
        let entries: [CopyEntry]
        do throws(Mistakes) {
            entries = try RollParser.parseCopies(bytes, authority: settings.authority)
        } catch {
            return try await refuseFile(item, in: folder, error.list)
        }
        let change = try await storage.replaceCopies(with: entries, at: clock.now())
        try step(.submitted)
        let page = try reports.copies(change, entries, at: clock.now())
        let (target, report) = try freeNames(like: "copies.csv", in: folder.done)
        try folder.done.write(page, as: report)
        try step(.reported)
        try folder.underWay.move(item.name, to: folder.done, asFreeNameLike: target)
        log("list of copies taken", item)
        try step(.moved)
    }
}
