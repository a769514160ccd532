import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk states that a member was served on paper.
extension ReceptionRoutes {
    enum PaperFault: String, CaseIterable {
        case noDate
        /// Before the approval, to come, or after the sitting.
        case impossibleDay
        case noManner
        /// Recorded by somebody else while the form was open.
        case recordedMeanwhile
    }

    func paperPage(_ request: Request, _ token: some StringProtocol, _ member: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        let language = PageLanguage.of(request)
        let status = try await convocation(of: member, context)
        guard context.sitting.state == .approved else { return try await cancelledPage(context, language) }
        let today = CivilDate(of: now, in: settings.timeZone)
        var entry = PaperEntry(date: days(context.sitting, at: now).contains(today) ? today.description : "", how: nil)
        if let earlier = status.paperService { entry = PaperEntry(correcting: earlier) }
        return try paperForm(language, context, status, token, at: now, entry)
    }

    func recordPaper(_ request: Request, _ token: some StringProtocol, _ member: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        let language = PageLanguage.of(request)
        let status = try await convocation(of: member, context)
        let form = try await FormBody(reading: request)
        let (verdict, correcting) = check(form["form"], status.member.id, context, at: now)
        guard verdict != .invalid, !RequestSignals.isCrossSite(request) else { throw Refusal.badForm }
        var entry = PaperEntry(date: form["date"], how: PaperService.Manner(rawValue: form["how"]))
        let day = Self.date(entry.date)
        if entry.how == nil { entry.fault = .noManner }
        if day == nil { entry.fault = .noDate }
        guard let day, let how = entry.how, entry.fault == nil else {
            return try paperForm(language, context, status, token, at: now, entry)
        }
        // Of two presses one writes; the second is led to what the first one did.
        guard verdict == .fresh, forms.claim(form["form"], now: now) else { return pages.redirect(to: "/suivi/\(token)/etat") }
        do {
            let recording = try await storage.recordPaperService(
                PaperService(day: day, how: how.rawValue), of: status.member.id, in: context.sitting.id, correcting: correcting,
                zone: settings.timeZone, at: now)
            guard recording != .unchanged else {
                entry.isUnchanged = true
                return try paperForm(language, context, status, token, at: now, entry)
            }
            return pages.redirect(to: "/suivi/\(token)/etat")
        } catch StorageError.wrongState {
            return try await cancelledPage(context, language, status: .conflict)
        } catch StorageError.paperDayOutOfRange {
            forms.release(form["form"])
            entry.fault = .impossibleDay
            return try paperForm(language, context, status, token, at: now, entry)
        } catch StorageError.paperServiceRecorded {
            entry.fault = .recordedMeanwhile
            return try paperForm(language, context, try await convocation(of: member, context), token, at: now, entry)
        } catch {
            forms.release(form["form"])
            throw error
        }
    }

    /// A form that was made before anything was recorded never corrects: it doesn't say that it would.
    private func check(
        _ token: String, _ member: MemberID, _ context: LinkContext, at now: Date
    ) -> (FormTokens.Verdict, correcting: Bool) {
        let first = forms.check(token, .paper(member), link: context.link.id, now: now, keyring: keyring())
        if first != .invalid { return (first, false) }
        return (forms.check(token, .correctPaper(member), link: context.link.id, now: now, keyring: keyring()), true)
    }

    func convocation(of member: some StringProtocol, _ context: LinkContext) async throws -> ConvocationStatus {
        guard let id = Int64(member).map(MemberID.init(rawValue:)),
            let status = try await storage.status(of: context.sitting.id).first(where: { $0.member.id == id })
        else { throw Refusal.notFound }
        return status
    }

    /// As a browser's date field sends it, or as a French clerk writes it where there is none.
    static func date(_ text: String) -> CivilDate? {
        let text = text.filter { !$0.isWhitespace }
        if let date = CivilDate(iso: text) { return date }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let day = Int(parts[0]), let month = Int(parts[1]), let year = Int(parts[2]) else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// What stands in the form, and what is wrong with it.
    private struct PaperEntry {
        var date: String
        var how: PaperService.Manner?
        var fault: PaperFault?
        var isUnchanged = false

        init(date: String, how: PaperService.Manner?) {
            self.date = date
            self.how = how
        }

        init(correcting earlier: PaperService) {
            self.init(date: earlier.day.description, how: PaperService.Manner(rawValue: earlier.how))
        }
    }

    private func paperForm(
        _ language: Language, _ context: LinkContext, _ status: ConvocationStatus, _ token: some StringProtocol, at now: Date,
        _ entry: PaperEntry
    ) throws -> Response {
        let wording = Wording(language: language, zone: settings.timeZone)
        let days = days(context.sitting, at: now)
        let action: FormAction = status.paperService == nil ? .paper(status.member.id) : .correctPaper(status.member.id)
        let fault = entry.fault
        return try outcome(
            "page/paper.html", context, language, status: fault == nil ? .ok : .unprocessableContent,
            [
                "member": .text(status.member.entry.fullName),
                "form": .text(formToken(action, link: context.link.id, at: now)),
                "date": .text(entry.date),
                "first": .text(days.lowerBound.description), "last": .text(days.upperBound.description),
                "firstDay": .text(wording.day(days.lowerBound)), "latestDay": .text(wording.day(days.upperBound)),
                "isOneDay": .flag(days.lowerBound == days.upperBound),
                "isPosted": .flag(entry.how == .posted),
                "isHandedOver": .flag(entry.how == .handedOver),
                "served": .list(status.paperService.map { [Self.fields($0, wording)] } ?? []),
                "isUnchanged": .flag(entry.isUnchanged),
                "lastDay": .text(wording.lastDay(before: context.sitting.draft.deadline)),
                "hasFault": .flag(fault != nil),
                "noDate": .flag(fault == .noDate),
                "impossibleDay": .flag(fault == .impossibleDay),
                "noManner": .flag(fault == .noManner),
                "recordedMeanwhile": .flag(fault == .recordedMeanwhile),
                "statusURL": .text("/suivi/\(token)/etat"),
            ])
    }

    /// A manner that a clerk wrote at the command line is shown as written.
    static func fields(_ service: PaperService, _ wording: Wording) -> [String: TemplateValue] {
        let manner = PaperService.Manner(rawValue: service.how)
        return [
            "day": .text(wording.day(service.day)), "shortDay": .text(wording.shortDay(service.day)),
            "isPosted": .flag(manner == .posted), "isHandedOver": .flag(manner == .handedOver),
            "other": .optionalText(manner == nil ? service.how : nil),
        ]
    }

    private func days(_ sitting: Sitting, at now: Date) -> ClosedRange<CivilDate> {
        PaperService.days(
            approved: CivilDate(of: sitting.approvedAt ?? now, in: settings.timeZone), sitting: sitting.draft.when.date,
            today: CivilDate(of: now, in: settings.timeZone))
    }
}

extension PaperService {
    /// What the clerk's page offers, and the journal keeps.
    enum Manner: String, CaseIterable {
        case posted
        case handedOver = "handed over"
    }
}
