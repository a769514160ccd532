import MIME

/// A message as the embedded mailbox shows it: headers, and the leaf parts with their transfer encoding undone.
struct MIMEMessage {
    struct Part: Hashable, Sendable {
        /// Lower case: `text/html`.
        let mediaType: String
        let fileName: String?
        let isAttachment: Bool
        /// Transfer encoding undone.
        let bytes: [UInt8]
        let text: String

        init(_ part: MIMEPart) {
            let disposition = HeaderValue(part.first("content-disposition") ?? "inline")
            mediaType = part.type.value.isEmpty ? "text/plain" : part.type.value
            fileName = (disposition["filename"] ?? part.type["name"]).map(EncodedWords.decode)
            isAttachment = disposition.value == "attachment"
            bytes = part.content
            text = part.text
        }
    }

    private let message: MIMEPart
    let parts: [Part]

    /// Whole, whatever it weighs: it is our own.
    init(parsing bytes: [UInt8]) {
        message = MIMEPart(bytes, limit: bytes.count)
        parts = message.everything.filter(\.children.isEmpty).map(Part.init)
    }

    /// Its headers alone, for lists.
    init(headersOf bytes: [UInt8]) {
        message = MIMEPart(headersOf: bytes)
        parts = []
    }

    var headers: [(name: String, value: String)] { message.headers }

    /// The first header of that name (in lower case), decoded for people.
    func decoded(_ name: String) -> String? { message.first(name).map(EncodedWords.decode) }

    /// What a mail program would show first: the HTML part, and the plain text.
    var html: String? { parts.first { $0.mediaType == "text/html" && !$0.isAttachment }?.text }
    var text: String? { parts.first { $0.mediaType == "text/plain" && !$0.isAttachment }?.text }

    /// Parts offered as files: attachments, and whatever is neither shown as HTML nor as text.
    var attachments: [(index: Int, part: Part)] {
        parts.enumerated().filter { $1.isAttachment || !["text/html", "text/plain"].contains($1.mediaType) }.map { ($0, $1) }
    }
}
