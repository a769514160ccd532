import Council
import Foundation
import Store

extension Intake {
    /// From `En cours` to `Traités` or `Rejetés`. Each step can be done again after a crash at any point: the documents are
    /// found in their store by their hash, and the store answers `unchanged` to the same draft.
    func takeSitting(_ item: DroppedItem, in folder: DropFolder) async throws {
        let opened = try folder.underWay.folder(item.name)
        guard item.name.isUTF8 else {
            return try await refuse(item, opened, in: folder, [Mistake(.unreadableName, name: item.name.shown)])
        }
        // Between the look that found it still and this one, nobody may have written.
        guard try Snapshot.of(opened) == item.snapshot else { throw Interruption.changed }
        let contents = try readContents(opened, item)
        if let file = contents.locked { throw Interruption.locked(file) }

        let sittings = try await storage.sittings()
        let ended = Self.ended(item, sittings, at: clock.now())
        if let ended, contents.hasDescription, contents.mistakes.contains(where: { $0.code == .noDocument }) {
            return try await refuse(item, opened, in: folder, [mistake(changing: ended, among: sittings)])
        }
        let plan: SittingPlan
        let replaces: ReplacedSitting?
        do throws(Mistakes) {
            plan = try Self.plan(item, contents, settings, convened: Self.convened(item, sittings, at: clock.now()))
            replaces = try self.replaced(by: plan, among: sittings)
        } catch {
            return try await refuse(item, opened, in: folder, error.list)
        }
        let judge = NoticeJudge(authority: settings.authority, language: settings.language, now: clock.now())
        let convened = sittings.first { $0.state == .approved && $0.draft.key == plan.key && clock.now() < $0.draft.start }
        // What is added later has a notice of its own, which the clerk judges in its preview.
        let late = convened == nil ? judge.mistake(plan) : nil
        let known = claimed.contains(item.status.id) ? [] : sittings.filter { $0.draft.key == plan.key }
        if let late, known.isEmpty { return try await refuse(item, opened, in: folder, [late]) }

        let draft = plan.draft(with: try copy(plan, contents, opened, item), in: settings.authority.timeZone, replaces: replaces)
        try step(.copied)
        var warnings = convened == nil ? plan.warnings + contents.warnings + judge.warnings(plan) : contents.warnings
        warnings += draft.documents.compactMap(Self.readingTrouble)
        warnings += exposures(of: draft, besides: sittings.filter { $0.id != convened?.id })
        if convened == nil {
            warnings += sameDay(draft, sittings) + (ended.map { [warning(reviving: $0, among: sittings)] } ?? [])
            warnings += try await clashes(draft, sittings)
        }
        let members = try await storage.members(of: plan.body.id)
        if members.isEmpty { warnings.append(Warning(.nobodyInBody, name: plan.body.name)) }

        let kind: SittingOutcome.Kind
        let sitting: Sitting
        var (amendment, takenBack): (StoredAmendment?, StoredAmendment?)
        if let before = Self.settledBefore(draft, among: known) {
            (kind, sitting) = (.cancelledMeanwhile, before)
        } else if let late,
            !known.contains(where: { $0.draft == draft || ($0.state == .approved && Amendment(of: $0.draft, by: draft) == nil) })
        {
            return try await refuse(item, opened, in: folder, [late])
        } else {
            do {
                let submission = try await storage.submit(draft, at: clock.now())
                (kind, sitting) = (submission.kind, submission.sitting)
                if case .amended(_, let stored) = submission { amendment = stored }
                if case .takenBack(_, let stored) = submission { takenBack = stored }
            } catch StorageError.alreadyApproved(let id) {
                let at = try await storage.sitting(id)?.approvedAt.map { reports.clock($0) } ?? ""
                let mistake = Mistake(.alreadyApproved, name: plan.when.words(in: settings.language), other: plan.body.name, value: at)
                return try await refuse(item, opened, in: folder, [mistake])
            }
            try step(.submitted)
        }

        let onPaper = members.count { $0.entry.service == .paper }
        var outcome = SittingOutcome(
            kind: kind, sitting: sitting, approval: nil, electronic: members.count - onPaper, paper: onPaper, warnings: warnings)
        (outcome.amendment, outcome.takenBack) = (amendment, takenBack)
        if contents.sendsAtOnce, kind != .cancelledMeanwhile {
            try await approve(&outcome)
            try step(.approved)
        }
        try OwnReport.write(reports.sitting(outcome, at: clock.now()), in: opened)
        try step(.reported)
        try folder.underWay.move(item.name, to: folder.done, asFreeNameLike: item.name)
        log("taken", item)
        try step(.moved)
    }

    private static func plan(
        _ item: DroppedItem, _ contents: ClaimedFolder, _ settings: IntakeSettings, convened: SittingDraft?
    ) throws(Mistakes) -> SittingPlan {
        let plan: SittingPlan
        // A place can change without any document.
        let found = contents.mistakes.filter { convened == nil || $0.code != .noDocument || !contents.hasDescription }
        do throws(Mistakes) {
            plan = try SittingPlanner.plan(
                folderName: item.name.text, names: contents.documents.map(\.text), description: contents.description,
                authority: settings.authority, language: settings.language, convened: convened)
        } catch {
            // What a faulty seance.yml would have said is not missing.
            let faulty = found.contains { $0.line != nil }
            throw Mistakes(found + error.list.filter { !faulty || $0.line != nil || !$0.code.isMissingPart })
        }
        guard found.isEmpty else { throw Mistakes(found) }
        if let convened, plan.when != convened.when {
            let name = convened.when.words(in: settings.language)
            throw Mistakes([
                Mistake(.changedTime, name: name, other: Shown.text(convened.folderName), value: plan.when.words(in: settings.language))
            ])
        }
        return plan
    }

    private func readContents(_ opened: OpenFolder, _ item: DroppedItem) throws -> ClaimedFolder {
        do throws(FolderFault) {
            return try ClaimedFolder(opened, item.snapshot, settings)
        } catch {
            // A file that went while we read, or that became a link: somebody is at work in it.
            guard error.isMissing || error.code == ELOOP else { throw error }
            throw Interruption.changed
        }
    }

    /// Copies and hashes; then makes sure that what was copied is what lay there.
    private func copy(_ plan: SittingPlan, _ contents: ClaimedFolder, _ opened: OpenFolder, _ item: DroppedItem) throws -> [Document] {
        let path = URL(fileURLWithPath: opened.path, isDirectory: true)
        var copies: [Document] = []
        for file in plan.files {
            let name = contents.documents[file.source]
            let source = path.appendingPathComponent(name.text, isDirectory: false)
            do throws(DocumentStoreError) {
                let (hash, size) = try documents.add(contentsOf: source)
                copies.append(
                    Document(
                        hash: hash, size: size, fileName: file.fileName, title: file.title, mediaType: file.mediaType, role: file.role,
                        item: file.item, label: file.label, confidential: file.confidential))
            } catch {
                switch error {
                case .changedWhileCopied, .notRegular: throw Interruption.changed
                case .system(source.path, ENOENT), .system(source.path, ENOTDIR): throw Interruption.changed
                default: throw error
                }
            }
        }
        guard try Snapshot.of(opened) == item.snapshot else { throw Interruption.changed }
        return copies
    }

    /// Confidential bytes that are public too: the clerk must know before approving, and can no longer undo it where they are published.
    private func exposures(of draft: SittingDraft, besides sittings: [Sitting]) -> [Warning] {
        draft.exposures(besides: sittings).compactMap { exposure in
            let name = Shown.text(exposure.document.fileName)
            guard let sitting = exposure.sitting else {
                return Warning(.exposedHere, name: name, value: Shown.text(exposure.other.fileName))
            }
            if sitting.draft.key == draft.key, sitting.state == .draft {
                // What this drop replaces. Confidential there and public here is the clerk's own correction.
                return exposure.document.confidential ? Warning(.exposedBefore, name: name) : nil
            }
            let value = Shown.text("\(sitting.draft.bodyName), \(sitting.draft.when.words(in: settings.language))")
            return Warning(exposure.document.confidential ? .exposedElsewhere : .exposesElsewhere, name: name, value: value)
        }
    }

    private static func readingTrouble(_ document: Document) -> Warning? {
        let name = Shown.text(document.fileName)
        return switch document.readingTrouble {
        case .archive: Warning(.archive, name: name)
        case .unknownType: Warning(.unknownType, name: name)
        case nil: nil
        }
    }

    /// A folder that a run before had submitted, and whose sitting was cancelled before it could be moved, must not come
    /// back as a new sitting, to be sent by its `ENVOYER.txt`.
    private static func settledBefore(_ draft: SittingDraft, among known: [Sitting]) -> Sitting? {
        guard !known.contains(where: { $0.state != .cancelled }) else { return nil }
        return known.first { $0.draft == draft }
    }

    private func approve(_ outcome: inout SittingOutcome) async throws {
        let sitting = outcome.sitting
        do {
            if let amendment = outcome.amendment { return try await approve(amendment, &outcome) }
            let approval = try await storage.approve(sitting.id, revision: sitting.revision, by: "ENVOYER.txt", at: clock.now())
            if case .tooLate = approval { outcome.warnings.append(Warning(.notSentTooLate)) }
            outcome.approval = approval
        } catch StorageError.nobodyToConvene {
            outcome.warnings.append(Warning(.notSentNobody, name: sitting.draft.bodyName))
        } catch StorageError.replacedBefore, StorageError.replacesOtherBody {
            outcome.warnings.append(Warning(.notSentReplaced))
        } catch StorageError.clockBehind {
            outcome.warnings.append(Warning(.notSentClock))
        }
    }
}

extension Submission {
    fileprivate var kind: SittingOutcome.Kind {
        switch self {
        case .created: .created
        case .replaced: .replaced
        case .unchanged: .unchanged
        case .amended: .amended
        case .takenBack: .takenBack
        }
    }
}
