/// What may keep members from reading a document that is whole. The clerk is told; it is taken all the same.
package enum ReadingTrouble: String, Hashable, Sendable, CaseIterable {
    /// It has to be unpacked first, which phones don't do.
    case archive
    /// Not on any member's device.
    case unknownType
}

extension Document {
    package var readingTrouble: ReadingTrouble? {
        if Self.isArchive(fileName) { return .archive }
        return mediaType == Self.unknownMediaType ? .unknownType : nil
    }

    package static let unknownMediaType = "application/octet-stream"

    /// By the end of its name. Office documents are archives as well, which every device opens.
    package static func isArchive(_ fileName: String) -> Bool {
        let name = fileName.lowercased()
        return [
            ".zip", ".zipx", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".zst", ".lz", ".lzh", ".cab", ".arj",
            ".ace",
        ].contains { name.hasSuffix($0) }
    }
}
