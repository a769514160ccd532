import Council
import Foundation
import Hummingbird
import Links
import Store
import Templating

/// The clerk states that a member was served on paper.
extension ReceptionRoutes {
    /// What the journal keeps of how.
    enum PaperService: String, CaseIterable {
        case posted
        case handedOver = "handed over"
    }

    enum PaperFault: String, CaseIterable {
        case noDate
        case futureDate
        case noManner
    }

    func paperPage(_ request: Request, _ token: some StringProtocol, _ member: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        let status = try await convocation(of: member, context)
        let today = CivilDate(of: now, in: settings.timeZone)
        return try paperForm(request, context, status, token, at: now, date: today.description, how: nil, fault: nil)
    }

    func recordPaper(_ request: Request, _ token: some StringProtocol, _ member: some StringProtocol) async throws -> Response {
        let now = clock.now()
        let context = try await clerkContext(token, at: now)
        let status = try await convocation(of: member, context)
        let form = try await FormBody(reading: request)
        let verdict = forms.check(form["form"], .paper(status.member.id), link: context.link.id, now: now, keyring: keyring())
        guard verdict != .invalid, !RequestSignals.isCrossSite(request) else { throw Refusal.badForm }
        let how = PaperService(rawValue: form["how"])
        let date = Self.date(form["date"])
        var fault: PaperFault?
        if how == nil { fault = .noManner }
        if date == nil { fault = .noDate }
        if let date, date > CivilDate(of: now, in: settings.timeZone) { fault = .futureDate }
        guard let how, let date, fault == nil else {
            return try paperForm(request, context, status, token, at: now, date: form["date"], how: how, fault: fault)
        }
        // Of two presses one writes: the fact would stand in the journal twice.
        if verdict == .fresh, forms.claim(form["form"], now: now) {
            do {
                try await storage.recordPaperService(
                    of: status.member.id, in: context.sitting.id, on: date, how: how.rawValue, at: now)
            } catch {
                forms.release(form["form"])
                throw error
            }
        }
        return pages.redirect(to: "/suivi/\(token)/etat")
    }

    private func convocation(of member: some StringProtocol, _ context: LinkContext) async throws -> ConvocationStatus {
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

    private func paperForm(
        _ request: Request, _ context: LinkContext, _ status: ConvocationStatus, _ token: some StringProtocol, at now: Date,
        date: String, how: PaperService?, fault: PaperFault?
    ) throws -> Response {
        let language = PageLanguage.of(request)
        let wording = Wording(language: language, zone: settings.timeZone)
        return try outcome(
            "page/paper.html", context, language, status: fault == nil ? .ok : .unprocessableContent,
            [
                "member": .text(status.member.entry.fullName),
                "form": .text(formToken(.paper(status.member.id), link: context.link.id, at: now)),
                "date": .text(date),
                "today": .text(CivilDate(of: now, in: settings.timeZone).description),
                "isPosted": .flag(how == .posted),
                "isHandedOver": .flag(how == .handedOver),
                "served": .optionalText(status.paperServedOn.map(wording.day)),
                "lastDay": .text(wording.lastDay(before: context.sitting.draft.deadline)),
                "hasFault": .flag(fault != nil),
                "noDate": .flag(fault == .noDate),
                "futureDate": .flag(fault == .futureDate),
                "noManner": .flag(fault == .noManner),
                "statusURL": .text("/suivi/\(token)/etat"),
            ])
    }
}
