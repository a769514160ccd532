/// What whoever is not convened may read of a sitting.
extension SittingDraft {
    /// What may be named: never a confidential document.
    package var publicDocuments: [Document] { documents.filter { !$0.confidential } }

    /// An item's title says what its document is about: when that document is confidential, so is the title.
    package func isConfidential(_ item: AgendaItem) -> Bool {
        documents.contains { document in
            document.confidential
                && (document.role == .item && document.item == item.number
                    || Spelling.folded(document.title) == Spelling.folded(item.title))
        }
    }
}

extension SittingID {
    /// Of its public page, without the host: `/seances/…`, `/en/sittings/…`.
    package func publicPath(_ language: Language) -> String { "\(Self.publicFolder(language))/\(self)" }

    package static func publicFolder(_ language: Language) -> String { language == .french ? "/seances" : "/en/sittings" }
}
