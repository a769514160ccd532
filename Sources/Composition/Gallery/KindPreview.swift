package import Council
package import Foundation
import Links
package import Store
package import Templating

/// Any kind of message about one sitting, as its reader would get it, with links that open nothing. What has not happened (a message
/// that came back, a relay that refuses us, another date) is invented.
package struct KindPreview: Sendable {
    private let settings: CompositionSettings
    private let templates: TemplateSet
    private let documents: DocumentStore
    private let now: Date

    package init(settings: CompositionSettings, templates: TemplateSet, documents: DocumentStore, now: Date) {
        self.settings = settings
        self.templates = templates
        self.documents = documents
        self.now = now
    }

    /// `members`: of the sitting's body; none: invented ones. `amendment`: of the sitting; nil: an invented one.
    package func render(
        _ kind: MailKind, of sitting: Sitting, members: [Member] = [], _ amendment: StoredAmendment? = nil, in language: Language
    ) throws(CompositionError) -> RenderedConvocation {
        var settings = settings
        if !kind.isForMembers { settings.clerkLanguage = language }
        let composer = ConvocationComposer(settings: settings, templates: templates, documents: documents)
        let invention = Invention(of: sitting, members: members, language: language, now: now)
        switch kind {
        case .convocation: return try composer.preview(of: sitting, in: language, at: now)
        case .changedDate: return try composer.preview(of: invention.changedDate, in: language, at: now)
        case .reminder: return try composer.preview(.reminder, of: sitting, in: language, at: now)
        case .cancellation: return try composer.preview(.cancellation, of: sitting, in: language, at: now)
        case .supplement, .changedPlace:
            let letter: LetterKind = kind == .supplement ? .supplement : .changedPlace
            let isOwn = amendment.map { $0.content.movesSitting == (kind == .changedPlace) } ?? false
            let told = isOwn ? amendment : nil
            let amendment = told ?? invention.amendment(moving: kind == .changedPlace)
            return try composer.preview(letter, of: sitting.amended(by: amendment), in: language, amendment, at: now)
        case .copy, .copyCancellation:
            return try CopyComposer(settings: settings, templates: templates, documents: documents).preview(
                kind == .copy ? .information : .cancellation, of: sitting, in: language, at: now)
        default: return try notice(kind, invention, amendment, settings)
        }
    }

    private func notice(
        _ kind: MailKind, _ invention: Invention, _ amendment: StoredAmendment?, _ settings: CompositionSettings
    ) throws(CompositionError) -> RenderedConvocation {
        let sitting = invention.sitting
        // After the last moment, where that is what it tells of.
        let now = kind == .late ? max(now, sitting.draft.deadline.addingTimeInterval(3600)) : now
        let composer = NoticeComposer(
            settings: settings, templates: templates, keyring: try Self.keyring(now),
            randomness: Randomness { Array(repeating: 0, count: $0) },
            now: now)
        let id = NoticeID(rawValue: 0)
        let composed =
            switch kind {
            case .preview: try composer.preview(id, invention.draft, members: invention.members, copies: 0, .none, replaced: nil)
            case .previewAmendment:
                try invention.preview(amendment ?? invention.amendment(moving: false), id, composer)
            case .late: try composer.late(id, invention.draft)
            case .undelivered: try composer.undelivered(id, sitting, [invention.failed, invention.returned, invention.putOff])
            case .uncertain: try composer.uncertain(id, sitting, [invention.held])
            case .unwarned: try composer.unwarned(id, sitting, [invention.onPaper, invention.failed])
            case .untold: try composer.untold(id, sitting, [invention.untold], [invention.amendment(moving: true)])
            case .rejected: try composer.rejected(id, name: sitting.draft.folderName, reason: invention.reason)
            case .summary: try composer.summary(id, invention.summary(settings))
            case .clock: try composer.clock(behind: now.addingTimeInterval(9 * 86_400), invention.waiting(settings), to: settings.clerk)
            case .refused: try composer.refused([invention.refused(settings)], to: settings.clerk)
            default: try composer.relay(invention.trouble, invention.waiting(settings), to: settings.clerk)
            }
        return RenderedConvocation(composed.subject, composed.text, composed.message.bytes)
    }

    /// Of nobody's: what it signs opens nothing.
    private static func keyring(_ now: Date) throws(CompositionError) -> LinkKeyring {
        do { return try LinkKeyring(keys: [LinkKey(id: 0, secret: [UInt8](repeating: 0, count: 32), createdAt: now)]) } catch {
            throw .noLink(ConvocationID(rawValue: 0))
        }
    }
}

extension Invention {
    func preview(
        _ amendment: StoredAmendment, _ id: NoticeID, _ composer: NoticeComposer
    ) throws(CompositionError) -> ComposedNotice {
        try composer.amendment(
            id, sitting.amended(by: amendment), amendment, members.map { status($0, .relayed) } + [onPaper], untold: [onPaper],
            members: members)
    }
}
