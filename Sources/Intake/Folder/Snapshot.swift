/// All that is in a folder at one moment, or one file: equal twice means that nobody touched it between.
struct Snapshot: Hashable, Sendable {
    /// By path from the folder; junk left out.
    let entries: [[RawName]: FileStatus]

    /// A sitting has two levels at most; deeper than this, nobody made it by hand.
    private static let deepest = 6
    private static let most = 20_000

    static func of(_ folder: OpenFolder) throws(FolderFault) -> Snapshot {
        var entries: [[RawName]: FileStatus] = [:]
        try add(folder, under: [], to: &entries)
        return Snapshot(entries: entries)
    }

    static func of(file status: FileStatus) -> Snapshot { Snapshot(entries: [[]: status.renamable]) }

    private static func add(_ folder: OpenFolder, under path: [RawName], to entries: inout [[RawName]: FileStatus]) throws(FolderFault) {
        for name in try folder.names() where !FileNames.isJunk(name) && entries.count < most {
            guard let status = try folder.status(name) else { continue }
            entries[path + [name]] = status
            guard status.kind == .folder, path.count < deepest else { continue }
            do throws(FolderFault) {
                try add(try folder.folder(name), under: path + [name], to: &entries)
            } catch {
                // Gone meanwhile, or closed to us: the entry itself is listed, and a sub-folder is refused anyway.
                guard error.isMissing || error.isForbidden else { throw error }
            }
        }
    }

    /// What lies directly in the folder, by name.
    var top: [(name: RawName, status: FileStatus)] {
        entries.compactMap { path, status in path.count == 1 ? (path[0], status) : nil }.sorted { $0.name < $1.name }
    }

    var files: Set<FileID> { Set(entries.values.filter { $0.kind == .file }.map(\.id)) }

    var isEmpty: Bool { entries.isEmpty }
}

/// For how long each thing in the drop folder has been still. In memory: a restart waits anew, which is harmless.
struct Stillness {
    private struct Watched {
        let snapshot: Snapshot
        let since: Duration
    }

    private var watched: [FileID: Watched] = [:]

    /// Time since `snapshot` was first seen as it is; nil at the first sight of it.
    mutating func observe(_ id: FileID, _ snapshot: Snapshot, at now: Duration) -> Duration? {
        if let before = watched[id], before.snapshot == snapshot { return now - before.since }
        watched[id] = Watched(snapshot: snapshot, since: now)
        return nil
    }

    mutating func forget(_ id: FileID) { watched[id] = nil }

    /// What is no longer there needs no memory.
    mutating func keep(only ids: Set<FileID>) { watched = watched.filter { ids.contains($0.key) } }
}
