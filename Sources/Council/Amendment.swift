/// What a clerk drops for a sitting whose convocations have left: documents added or replaced (a supplement), another place, another
/// video link. Never another time: that is another sitting.
///
/// Nothing that members have is taken away. A drop that doesn't name a document leaves it; a replaced one stays under its own links.
package struct Amendment: Hashable, Sendable, Codable {
    package struct Replacement: Hashable, Sendable, Codable {
        package let old: Document
        package let new: Document
    }

    /// The sitting as it becomes.
    package let draft: SittingDraft
    package let added: [Document]
    package let replaced: [Replacement]
    package let addedItems: [AgendaItem]
    /// Same number, other words.
    package let rewordedItems: [AgendaItem]
    package let hasNewTitle: Bool
    package let hasNewPlace: Bool
    package let hasNewVideoLink: Bool
    /// Where it was to be held, if elsewhere; nil also where no place had been named.
    package let formerPlace: String?
    /// The written reason why what is new can't wait; nil: none was given.
    package let urgencyReason: String?
    /// Items of the agenda that the drop, which names others that members have, doesn't: they stay. Nil: none.
    private let left: [AgendaItem]?

    /// Added and replacing, in the sitting's reading order.
    package var newDocuments: [Document] {
        let new = Set((added + replaced.map(\.new)).map(\.hash))
        return draft.documents.filter { new.contains($0.hash) }
    }

    /// Items that the drop leaves out, though it holds others that members have: they stay on the agenda.
    package var omittedItems: [AgendaItem] { left ?? [] }
    /// The agenda says more, or something else.
    package var changesAgenda: Bool { !addedItems.isEmpty || !rewordedItems.isEmpty }
    /// What calendars show is no longer right.
    package var changesCalendar: Bool { movesSitting || hasNewTitle || changesAgenda }
    /// There is something to tell: a document that becomes confidential is not.
    package var hasNews: Bool { !newDocuments.isEmpty || changesCalendar }
    /// Members must go, or connect, elsewhere.
    package var movesSitting: Bool { hasNewPlace || hasNewVideoLink }

    /// Nil: `dropped` says nothing that `current` doesn't.
    ///
    /// - Parameter held: an amendment that waits for approval. A folder that holds all of the sitting's documents replaces it whole; one
    ///   with new files alone adds to it.
    package init?(of current: SittingDraft, by dropped: SittingDraft, after held: Amendment? = nil) {
        let hashes = Set(dropped.documents.map(\.hash))
        let isWhole = current.documents.allSatisfy { hashes.contains($0.hash) }
        let base = isWhole ? current : held?.draft ?? current
        let numbers = Set(dropped.agenda.map(\.number))
        let isRepeated =
            isWhole && !current.documents.isEmpty || current.documents.contains { $0.role != .note && hashes.contains($0.hash) }
        self.init(
            from: current, to: Self.merge(base, dropped), urgencyReason: dropped.urgencyReason ?? held?.urgencyReason,
            omitting: isRepeated && !numbers.isEmpty ? current.agenda.filter { !numbers.contains($0.number) } : [])
    }

    private init?(from current: SittingDraft, to draft: SittingDraft, urgencyReason: String?, omitting left: [AgendaItem]) {
        self.left = left.isEmpty ? nil : left
        var (added, replaced): ([Document], [Replacement]) = ([], [])
        for document in draft.documents where !current.documents.contains(where: { $0.hash == document.hash }) {
            if let old = current.documents.first(where: { $0.isReplaced(by: document) }) {
                replaced.append(Replacement(old: old, new: document))
            } else {
                added.append(document)
            }
        }
        let titles = Dictionary(current.agenda.map { ($0.number, $0.title) }) { first, _ in first }
        self.draft = draft
        self.added = added
        self.replaced = replaced
        addedItems = draft.agenda.filter { titles[$0.number] == nil }
        rewordedItems = draft.agenda.filter { item in titles[item.number].map { $0 != item.title } ?? false }
        hasNewTitle = draft.title != current.title
        hasNewPlace = draft.place != current.place
        hasNewVideoLink = draft.videoLink != current.videoLink
        formerPlace = hasNewPlace ? current.place : nil
        self.urgencyReason = urgencyReason == current.urgencyReason ? nil : urgencyReason
        guard draft != current else { return nil }
    }

    private init(
        draft: SittingDraft, added: [Document], replaced: [Replacement], addedItems: [AgendaItem], rewordedItems: [AgendaItem],
        hasNewTitle: Bool, hasNewPlace: Bool, hasNewVideoLink: Bool, formerPlace: String?, urgencyReason: String?
    ) {
        (self.draft, self.added, self.replaced) = (draft, added, replaced)
        (self.addedItems, self.rewordedItems) = (addedItems, rewordedItems)
        (self.hasNewTitle, self.hasNewPlace, self.hasNewVideoLink) = (hasNewTitle, hasNewPlace, hasNewVideoLink)
        (self.formerPlace, self.urgencyReason, left) = (formerPlace, urgencyReason, nil)
    }

    /// Both in one, for somebody who has heard of neither: `later` came after this one.
    package func followed(by later: Amendment) -> Amendment {
        var (added, replaced) = (added, replaced)
        for next in later.replaced {
            if let index = added.firstIndex(where: { $0.hash == next.old.hash }) {
                added[index] = next.new
            } else if let index = replaced.firstIndex(where: { $0.new.hash == next.old.hash }) {
                replaced[index] = Replacement(old: replaced[index].old, new: next.new)
            } else {
                replaced.append(next)
            }
        }
        let new = Set((addedItems + later.addedItems).map(\.number))
        let reworded = Set((rewordedItems + later.rewordedItems).map(\.number)).subtracting(new)
        let reasons = [urgencyReason, later.urgencyReason].compactMap { $0 }
        return Amendment(
            draft: later.draft, added: added + later.added, replaced: replaced,
            addedItems: later.draft.agenda.filter { new.contains($0.number) },
            rewordedItems: later.draft.agenda.filter { reworded.contains($0.number) },
            hasNewTitle: hasNewTitle || later.hasNewTitle, hasNewPlace: hasNewPlace || later.hasNewPlace,
            hasNewVideoLink: hasNewVideoLink || later.hasNewVideoLink, formerPlace: hasNewPlace ? formerPlace : later.formerPlace,
            urgencyReason: reasons.isEmpty ? nil : Set(reasons).count == 1 ? reasons[0] : reasons.joined(separator: "\n"))
    }

    /// What is left to tell when it is too late for items of the agenda: where to go, or to connect. Nil: nothing.
    package var moveAlone: Amendment? {
        guard movesSitting else { return nil }
        return Amendment(
            draft: draft, added: [], replaced: [], addedItems: [], rewordedItems: [], hasNewTitle: false, hasNewPlace: hasNewPlace,
            hasNewVideoLink: hasNewVideoLink, formerPlace: formerPlace, urgencyReason: nil)
    }

    /// What of it is still to be told, where later amendments tell the rest: place, video link and title are told by the last that changes
    /// them.
    package func telling(place: Bool, videoLink: Bool, title: Bool) -> Amendment {
        Amendment(
            draft: draft, added: added, replaced: replaced, addedItems: addedItems, rewordedItems: rewordedItems,
            hasNewTitle: hasNewTitle && title, hasNewPlace: hasNewPlace && place, hasNewVideoLink: hasNewVideoLink && videoLink,
            formerPlace: place ? formerPlace : nil, urgencyReason: urgencyReason)
    }

    /// The same for somebody of whom nobody knows which place they have in mind.
    package var withoutFormerPlace: Amendment {
        Amendment(
            draft: draft, added: added, replaced: replaced, addedItems: addedItems, rewordedItems: rewordedItems, hasNewTitle: hasNewTitle,
            hasNewPlace: hasNewPlace, hasNewVideoLink: hasNewVideoLink, formerPlace: nil, urgencyReason: urgencyReason)
    }

    /// Time, notice and urgency stay the convocation's own: what was sent was sent under them.
    private static func merge(_ base: SittingDraft, _ dropped: SittingDraft) -> SittingDraft {
        var documents = base.documents
        var superseded = base.superseded
        var (hasMoreDocuments, hasMoreItems) = (false, false)
        for document in dropped.documents {
            if let index = documents.firstIndex(where: { $0.hash == document.hash }) {
                // Once confidential, always: what is public can't be taken back, and a forgotten line must publish nothing.
                if document.confidential { documents[index] = documents[index].asConfidential }
            } else if let index = documents.firstIndex(where: { $0.isReplaced(by: document) }) {
                superseded.removeAll { $0.hash == document.hash }
                superseded.append(documents[index])
                documents[index] = documents[index].confidential ? document.asConfidential : document
            } else {
                superseded.removeAll { $0.hash == document.hash }
                documents.append(document)
                hasMoreDocuments = true
            }
        }
        var agenda = base.agenda
        for item in dropped.agenda {
            if let index = agenda.firstIndex(where: { $0.number == item.number }) {
                agenda[index] = item
            } else {
                agenda.append(item)
                hasMoreItems = true
            }
        }
        let hasTitle = Spelling.folded(dropped.title) != Spelling.folded(dropped.bodyName)
        return SittingDraft(
            body: base.body, bodyName: base.bodyName, when: base.when, start: base.start, deadline: base.deadline,
            requiredClearDays: base.requiredClearDays, title: hasTitle ? dropped.title : base.title, place: dropped.place ?? base.place,
            videoLink: dropped.videoLink ?? base.videoLink, urgencyReason: base.urgencyReason,
            agenda: hasMoreItems ? agenda.sorted { $0.number < $1.number } : agenda,
            documents: hasMoreDocuments ? inReadingOrder(documents) : documents, folderName: base.folderName,
            replaces: base.replaces, superseded: superseded)
    }

    /// Note, then items with their annexes, then what has no number; each as it came.
    private static func inReadingOrder(_ documents: [Document]) -> [Document] {
        func key(_ document: Document) -> [Int] {
            switch document.role {
            case .note: [0]
            case .item: [1, document.item ?? 0, 0]
            case .annex: [1, document.item ?? 0, 1] + document.label.split(separator: ".").map { Int($0) ?? 0 }
            case .other: [2]
            }
        }
        return documents.enumerated().sorted { a, b in
            let (first, second) = (key(a.element), key(b.element))
            return first == second ? a.offset < b.offset : first.lexicographicallyPrecedes(second)
        }.map(\.element)
    }
}

extension Document {
    /// Whether a document with other bytes takes this one's place: the same number, or, without one, the same name.
    fileprivate func isReplaced(by other: Document) -> Bool {
        guard other.hash != hash, other.role == role else { return false }
        return label.isEmpty && other.label.isEmpty ? Spelling.folded(fileName) == Spelling.folded(other.fileName) : label == other.label
    }

    fileprivate var asConfidential: Document {
        Document(
            hash: hash, size: size, fileName: fileName, title: title, mediaType: mediaType, role: role, item: item, label: label,
            confidential: true)
    }
}
