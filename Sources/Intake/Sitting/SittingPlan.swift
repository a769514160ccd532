package import Council
package import Foundation

/// A sitting as its folder describes it, before its files are read.
package struct SittingPlan: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// Its place in the list that the plan was made from.
        package let source: Int
        package let fileName: String
        package let title: String
        package let mediaType: String
        package let role: Document.Role
        package let item: Int?
        package let label: String
        package let confidential: Bool
    }

    package let body: Body
    package let when: CivilDateTime
    package let title: String
    package let place: String?
    package let videoLink: String?
    package let urgencyReason: String?
    package let agenda: [AgendaItem]
    /// In reading order.
    package let files: [File]
    package let folderName: String
    package let warnings: [Warning]
    /// The sitting whose place it takes, as written.
    package let replaces: SittingDescription.Written?

    package var isUrgent: Bool { urgencyReason != nil }

    /// That of its draft.
    package var key: String { draft(with: [], in: .gmt).key }

    /// `documents`: those of `files`, in their order.
    package func draft(with documents: [Document], in zone: TimeZone, replaces: ReplacedSitting? = nil) -> SittingDraft {
        SittingDraft(
            body: body.id, bodyName: body.name, when: when, start: when.instant(in: zone),
            deadline: body.notice.deadline(for: when.date, urgent: isUrgent, in: zone),
            requiredClearDays: body.notice.clearDays(on: when.date, urgent: isUrgent), title: title, place: place,
            videoLink: videoLink, urgencyReason: urgencyReason, agenda: agenda, documents: documents, folderName: folderName,
            replaces: replaces)
    }
}

/// Makes the plan. Pure: names in, a whole plan or every mistake out.
package struct SittingPlanner {
    let authority: Authority
    let folderName: String
    /// Names of the documents, as dropped.
    let names: [String]
    let description: SittingDescription
    let language: Language
    /// A sitting that was convened from a folder of this name: what the drop leaves out is as it was.
    let convened: SittingDraft?
    private var mistakes: [Mistake] = []
    private var warnings: [Warning] = []

    package static func plan(
        folderName: String, names: [String], description: SittingDescription, authority: Authority, language: Language = .french,
        convened: SittingDraft? = nil
    ) throws(Mistakes) -> SittingPlan {
        var planner = SittingPlanner(
            authority: authority, folderName: folderName, names: names, description: description, language: language,
            convened: convened)
        return try planner.plan()
    }

    private init(
        authority: Authority, folderName: String, names: [String], description: SittingDescription, language: Language,
        convened: SittingDraft?
    ) {
        self.convened = convened
        self.language = language
        self.authority = authority
        self.folderName = folderName
        self.names = names
        self.description = description
    }

    private mutating func plan() throws(Mistakes) -> SittingPlan {
        let name = FolderName(parsing: folderName)
        let body = body(name)
        let when = when(name)
        let agenda = AgendaReader(names: names, description: description, convened: convened)
        guard let body, let when, agenda.mistakes.isEmpty, mistakes.isEmpty else { throw Mistakes(mistakes + agenda.mistakes) }
        return SittingPlan(
            body: body, when: when, title: description.title ?? body.name, place: description.place, videoLink: description.videoLink,
            urgencyReason: description.urgencyReason, agenda: agenda.items, files: agenda.files,
            folderName: PlainLine.of(CopyMark.removed(from: folderName)), warnings: agenda.warnings,
            replaces: description.replaces)
    }

    private mutating func body(_ name: FolderName) -> Body? {
        if let convened, description.body == nil, let body = authority.body(convened.body) { return body }
        let known = authority.bodies.map(\.name)
        let written = description.body?.text ?? name.body
        guard !ClerkText.trimmed(written).isEmpty else {
            mistakes.append(Mistake(.noBody, name: Shown.text(folderName), known: known))
            return nil
        }
        if let body = authority.body(named: written) { return body }
        let near = BodyNames(authority).near(written)
        mistakes.append(Mistake(.unknownBody, line: description.body?.line, name: Shown.text(written), known: known, near: near))
        return nil
    }

    private mutating func when(_ name: FolderName) -> CivilDateTime? {
        if let convened, description.date == nil, description.hour == nil { return convened.when }
        var date = description.date
        if date == nil {
            switch name.day {
            case .day(let day):
                date = day
                if name.contradiction != nil {
                    mistakes.append(Mistake(.wrongWeekday, name: Shown.text(folderName), value: day.words(in: language)))
                }
            case .impossible(let text): mistakes.append(Mistake(.noSuchDay, name: Shown.text(text)))
            case nil: mistakes.append(Mistake(.noDate, name: Shown.text(folderName)))
            }
        }
        let hour = description.hour ?? name.hour
        // Without a day, the hour that stands behind it can't be told apart either: one message is enough.
        if hour == nil, date != nil { mistakes.append(Mistake(.noHour, name: Shown.text(folderName))) }
        guard let date, let hour, let when = CivilDateTime(date: date, hour: hour.hour, minute: hour.minute) else { return nil }
        // The hour that daylight saving skips is no hour of that day.
        guard CivilDateTime(of: when.instant(in: authority.timeZone), in: authority.timeZone) == when else {
            mistakes.append(Mistake(.noSuchHour, name: "\(pad(hour.hour))h\(pad(hour.minute))", value: date.words(in: language)))
            return nil
        }
        return when
    }

    private func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
