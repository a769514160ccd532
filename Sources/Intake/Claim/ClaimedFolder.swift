import Council

/// What lies in a folder under way, told apart: documents, description, orders; or why it can't be taken.
struct ClaimedFolder {
    /// In the order of their bytes, so that a second look finds them in the same places.
    private(set) var documents: [RawName] = []
    private(set) var description = SittingDescription()
    private(set) var sendsAtOnce = false
    private(set) var warnings: [Warning] = []
    private(set) var mistakes: [Mistake] = []
    /// A file that another program holds: look again later, before anything is judged.
    private(set) var locked: String?

    private let folder: OpenFolder
    private let settings: IntakeSettings
    private var descriptionName: RawName?
    var hasDescription: Bool { descriptionName != nil }

    init(_ folder: OpenFolder, _ snapshot: Snapshot, _ settings: IntakeSettings) throws(FolderFault) {
        self.folder = folder
        self.settings = settings
        for (name, status) in snapshot.top { try sort(name, status) }
        if documents.count > settings.maximumFiles {
            mistakes.append(Mistake(.tooManyFiles, value: String(documents.count), count: settings.maximumFiles))
        }
        if documents.isEmpty, mistakes.isEmpty { mistakes.append(Mistake(.noDocument)) }
    }

    private mutating func sort(_ name: RawName, _ status: FileStatus) throws(FolderFault) {
        switch status.kind {
        case .link: mistakes.append(Mistake(.symbolicLink, name: name.shown))
        case .folder: mistakes.append(Mistake(.subfolder, name: name.shown))
        case .other: mistakes.append(Mistake(.specialFile, name: name.shown))
        case .file where FileNames.isReport(name):
            // A folder that comes back from `Rejetés` carries our report; a clerk's own file of that name is a document.
            if try !OwnReport.isOne(name, in: folder) { try document(name) }
        case .file where FileNames.isSendFile(name): sendsAtOnce = true
        case .file where FileNames.isLikeSendFile(name): warnings.append(Warning(.likeSendFile, name: name.shown))
        case .file where FileNames.isDescription(name): try describe(name)
        case .file where FileNames.isLikeDescription(name): mistakes.append(Mistake(.descriptionName, name: name.shown))
        case .file: try document(name)
        }
    }

    private mutating func describe(_ name: RawName) throws(FolderFault) {
        guard descriptionName == nil else {
            mistakes.append(Mistake(.descriptionName, name: name.shown))
            return
        }
        descriptionName = name
        let bytes: [UInt8]
        do throws(FolderFault) {
            bytes = try folder.file(name).read(SittingDescription.longestFile + 1, at: 0)
        } catch {
            guard error.isForbidden else { throw error }
            mistakes.append(Mistake(.unreadableFile, name: name.shown))
            return
        }
        do throws(Mistakes) {
            description = try SittingDescription(parsing: bytes)
        } catch {
            mistakes += error.list
        }
    }

    private mutating func document(_ name: RawName) throws(FolderFault) {
        documents.append(name)
        guard name.isUTF8 else {
            mistakes.append(Mistake(.unreadableName, name: name.shown))
            return
        }
        if MediaType.isRefused(SafeFileNames.split(name.text).ending) {
            mistakes.append(Mistake(.refusedType, name: name.shown))
            return
        }
        switch try FileCheck.judge(name, in: folder, largest: settings.maximumFileSize) {
        case .good: break
        case .locked: locked = locked ?? name.shown
        case .refused(let mistake): mistakes.append(mistake)
        }
    }
}

/// Reports that we wrote, told by their first line.
enum OwnReport {
    static func isOne(_ name: RawName, in folder: OpenFolder) throws(FolderFault) -> Bool {
        guard try folder.status(name)?.kind == .file else { return false }
        let mark = Array(Reports.mark.utf8)
        do throws(FolderFault) {
            return try folder.file(name).read(mark.count, at: 0) == mark
        } catch {
            // Ours can be read.
            guard error.isForbidden || error.isMissing else { throw error }
            return false
        }
    }

    /// Writes a report beside what a clerk dropped, over an earlier one of ours, never over a file of theirs.
    static func write(_ page: [UInt8], in folder: OpenFolder) throws(FolderFault) {
        let wanted = RawName(FileNames.report)
        for count in 1...1000 {
            let name = wanted.numbered(count)
            let isFree = try folder.status(name) == nil
            let isOurs = try isOne(name, in: folder)
            if isFree || isOurs { return try folder.write(page, as: name) }
        }
    }
}
