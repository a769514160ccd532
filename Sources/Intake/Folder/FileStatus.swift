import Glibc

/// One file among all of this machine: what doesn't change when it is renamed.
struct FileID: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// What the system tells of an entry, without following a symbolic link; two equal ones: nobody wrote between.
struct FileStatus: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case file, folder, link, other }

    let kind: Kind
    let id: FileID
    let size: Int64
    /// Seconds and nanoseconds of the last change of the bytes, then of the entry: a copy that sets the first one back
    /// at its end moves the second.
    let changed: [Int]

    /// Without what renaming the file itself moves.
    var renamable: FileStatus { FileStatus(kind: kind, id: id, size: size, changed: Array(changed.prefix(2))) }

    private init(kind: Kind, id: FileID, size: Int64, changed: [Int]) {
        self.kind = kind
        self.id = id
        self.size = size
        self.changed = changed
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        id = FileID(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        size = kind == .file ? Int64(status.st_size) : 0
        // A folder's own times move when it is renamed or listed into; its entries say what matters.
        changed =
            kind == .folder
            ? [] : [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
