/// Bytes that are confidential in one place and public in another. Who has the public one has both, and the register shows their hash.
package struct Exposure: Hashable, Sendable {
    /// In the sitting that was asked about.
    package let document: Document
    /// The same bytes, with the other answer to the question who may see them.
    package let other: Document
    /// Where `other` is; nil: in the same sitting.
    package let sitting: Sitting?

    package init(document: Document, other: Document, sitting: Sitting?) {
        self.document = document
        self.other = other
        self.sitting = sitting
    }
}

extension SittingDraft {
    /// In reading order. Within this sitting each pair once, the confidential one first; a document is told once for each other sitting.
    package func exposures(besides sittings: [Sitting]) -> [Exposure] {
        documents.flatMap { document -> [Exposure] in
            let own = documents.first { document.confidential && !$0.confidential && $0.hash == document.hash }
            let elsewhere = sittings.compactMap { sitting -> Exposure? in
                let other = sitting.draft.documents.first { $0.hash == document.hash && $0.confidential != document.confidential }
                return other.map { Exposure(document: document, other: $0, sitting: sitting) }
            }
            return (own.map { [Exposure(document: document, other: $0, sitting: nil)] } ?? []) + elsewhere
        }
    }
}
