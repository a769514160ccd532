import Glibc

/// A file's name as the disk has it: bytes, of any encoding, composed or not. Two names that look alike stay two.
struct RawName: Hashable, Comparable, Sendable {
    /// Neither empty, nor with a zero or a slash.
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }
    init(_ text: String) { bytes = Array(text.utf8) }

    var isUTF8: Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// For reading, not for finding the file again: an old encoding is understood, as it is in texts.
    var text: String { String(validating: bytes, as: UTF8.self) ?? ClerkText.windows1252(bytes) }

    var shown: String { Shown.text(text) }

    static func < (a: RawName, b: RawName) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    func withPath<T>(_ body: (UnsafePointer<CChar>) -> T) -> T {
        (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            // Never nil: there is at least the closing zero.
            buffer.baseAddress.map(body) ?? body("")
        }
    }

    /// With ` (2)` before the extension, cut at a character's end where it would pass 255 bytes.
    func numbered(_ count: Int) -> RawName {
        guard count > 1 else { return self }
        let (stem, ending) = isUTF8 ? SafeFileNames.split(text) : (text, "")
        var characters = Array(stem)
        let tail = " (\(count))" + ending
        while String(characters).utf8.count + tail.utf8.count > 255, !characters.isEmpty { characters.removeLast() }
        return RawName(String(characters) + tail)
    }
}

/// What the system said about a call that failed.
struct FolderFault: Error, Hashable, Sendable, CustomStringConvertible {
    let action: String
    let name: String
    let code: Int32

    var description: String { "\(action) \(name): \(String(cString: strerror(code)))" }
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    var isForbidden: Bool { code == EACCES || code == EPERM }
}
