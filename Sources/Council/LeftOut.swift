/// What a sitting had, and the one in its place has not.
package struct LeftOut: Hashable, Sendable {
    package let items: [AgendaItem]
    package let documents: [Document]

    package var isEmpty: Bool { items.isEmpty && documents.isEmpty }

    /// Items are compared by their words, documents by their bytes or their title.
    package init(of replaced: SittingDraft, by draft: SittingDraft) {
        let titles = Set(draft.agenda.map { Spelling.folded($0.title) })
        items = replaced.agenda.filter { !titles.contains(Spelling.folded($0.title)) }
        documents = replaced.documents.filter { old in
            !draft.documents.contains { $0.hash == old.hash || Spelling.folded($0.title) == Spelling.folded(old.title) }
        }
    }
}
