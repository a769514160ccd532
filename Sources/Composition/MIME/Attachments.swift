import Council
import Foundation
import Store

/// Which documents travel inside the message: the notes (number 00: the explanatory note, a signed convocation), in reading
/// order, while all of them together stay within the configured size. Everything is reachable by link in any case.
///
/// Never a confidential document, nor one whose bytes are confidential under another name: a message is copied and forwarded.
struct AttachmentPlan {
    /// In `draft.documents`.
    let indexes: [Int]

    /// `limit`: bytes as they are sent, base64 with its line ends; 0: none.
    init(_ draft: SittingDraft, upTo limit: Int) {
        let closed = Set(draft.documents.filter(\.confidential).map(\.hash))
        var taken: Set<ContentHash> = []
        var room = Int64(limit)
        indexes = draft.documents.indices.filter { index in
            let document = draft.documents[index]
            let size = Base64.bodySize(document.size)
            guard document.role == .note, !closed.contains(document.hash), size <= room, taken.insert(document.hash).inserted else {
                return false
            }
            room -= size
            return true
        }
    }
}

/// The attachments of the sitting at hand, encoded once for all its members, whatever language they read.
struct AttachmentMemory {
    private var sitting: SittingID?
    private var revision = 0
    private var result: Result<[Entity], CompositionError> = .success([])

    /// Reads, checks and encodes, or answers what it did for the same sitting just before, a fault included.
    mutating func entities(
        of sitting: Sitting, upTo limit: Int, from documents: DocumentStore
    ) throws(CompositionError) -> [Entity] {
        if self.sitting != sitting.id || revision != sitting.revision {
            (self.sitting, revision) = (sitting.id, sitting.revision)
            // The former's megabytes go before the next come.
            result = .success([])
            result = Result { () throws(CompositionError) in try Self.read(sitting.draft, upTo: limit, from: documents) }
        }
        return try result.get()
    }

    static func read(_ draft: SittingDraft, upTo limit: Int, from documents: DocumentStore) throws(CompositionError) -> [Entity] {
        var entities: [Entity] = []
        for index in AttachmentPlan(draft, upTo: limit).indexes {
            let document = draft.documents[index]
            do throws(DocumentStoreError) {
                entities.append(.attachment(document, try documents.bytes(of: document.hash)))
            } catch {
                throw .document(error)
            }
        }
        return entities
    }
}

extension Entity {
    /// A document as a file. Its name stands twice: in ASCII for old programs, and as it is (RFC 2231).
    static func attachment(_ document: Document, _ content: [UInt8]) -> Entity {
        let name = CleanText(document.fileName.replacing("/", with: "-"))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(Base64.bodySize(Int64(content.count))) + 512)
        bytes += "Content-Type: \(mediaType(document.mediaType))".utf8
        Parameter.append("name", ASCIIName.text(name), to: &bytes)
        bytes += "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment".utf8
        Parameter.append("filename", name, to: &bytes)
        bytes += "\r\n\r\n".utf8
        Base64.appendBody(content, to: &bytes)
        return Entity(bytes: bytes)
    }

    /// `type/subtype` of tokens (RFC 2045 §5.1); what would need another encoding than base64 (RFC 2046 §5) is mere bytes.
    private static func mediaType(_ text: String) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isToken = { (part: Substring) in
            !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?=".utf8.contains($0) }
        }
        guard parts.count == 2, parts.allSatisfy(isToken), text.utf8.count <= 100,
            !["message", "multipart"].contains(parts[0].lowercased())
        else { return "application/octet-stream" }
        return text
    }
}

/// A file's name for programs that read ASCII only: `00 Note de synthese.pdf`.
enum ASCIIName {
    static func text(_ name: CleanText) -> CleanText {
        let ending = name.line.lastIndex(of: ".").map { ascii(String(name.line[$0...])) } ?? ""
        let stem = ascii(name.line.lastIndex(of: ".").map { String(name.line[..<$0]) } ?? name.line)
        let room = max(8, 60 - ending.utf8.count)
        return CleanText((stem.isEmpty ? "document" : String(stem.prefix(room))) + ending.prefix(12))
    }

    private static func ascii(_ text: String) -> String {
        let spelt = text.replacing("œ", with: "oe").replacing("Œ", with: "OE").replacing("æ", with: "ae").replacing("’", with: "-")
            .replacing("–", with: "-").replacing("—", with: "-")
        let scalars = spelt.decomposedStringWithCompatibilityMapping.unicodeScalars.filter {
            $0.value >= 0x20 && $0.value < 0x7F && $0 != "\"" && $0 != "\\"
        }
        return String(String.UnicodeScalarView(scalars)).trimmingCharacters(in: .whitespaces)
    }
}
