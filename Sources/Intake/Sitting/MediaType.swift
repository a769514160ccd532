import Council

/// What a file is, by its extension.
enum MediaType {
    /// What a document is served as. Types that a browser would run or draw with scripts (HTML, SVG) are not among them.
    static func named(_ ending: String) -> String? {
        switch ending.lowercased() {
        case ".pdf": "application/pdf"
        case ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        case ".doc": "application/msword"
        case ".xls": "application/vnd.ms-excel"
        case ".ppt": "application/vnd.ms-powerpoint"
        case ".odt": "application/vnd.oasis.opendocument.text"
        case ".ods": "application/vnd.oasis.opendocument.spreadsheet"
        case ".odp": "application/vnd.oasis.opendocument.presentation"
        case ".odg": "application/vnd.oasis.opendocument.graphics"
        case ".rtf": "application/rtf"
        case ".txt": "text/plain"
        case ".csv": "text/csv"
        case ".zip": "application/zip"
        case ".png": "image/png"
        case ".jpg", ".jpeg": "image/jpeg"
        case ".gif": "image/gif"
        case ".tif", ".tiff": "image/tiff"
        case ".webp": "image/webp"
        case ".mp3": "audio/mpeg"
        case ".mp4": "video/mp4"
        default: nil
        }
    }

    static let unknown = Document.unknownMediaType

    /// Zip archives by another name: their directory stands at the end, so that a cut one can be told.
    static func isArchive(_ ending: String) -> Bool {
        [".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".odg", ".zip"].contains(ending.lowercased())
    }

    /// Programs, scripts and shortcuts: no member should be sent one, and a shortcut was dropped in the document's place.
    static func isRefused(_ ending: String) -> Bool {
        [
            ".exe", ".com", ".bat", ".cmd", ".scr", ".msi", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".jar", ".dll",
            ".lnk", ".url", ".webloc", ".desktop", ".html", ".htm", ".xhtml", ".svg",
        ].contains(ending.lowercased())
    }
}
