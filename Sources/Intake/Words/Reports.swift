import Council
import Foundation
import Store
import Templating

/// Puts what happened into a clerk's words.
struct Reports: Sendable {
    let templates: TemplateSet
    let authority: Authority
    let language: Language

    /// Tells our reports from a clerk's own file of that name; it stands at their beginning.
    static let mark = "<!DOCTYPE html>\n<!-- appariteur:rapport -->\n"

    /// What is wrong, then what to do.
    func words(_ mistake: Mistake) throws -> (what: String, todo: String) {
        let fields: [String: TemplateValue] = [
            "name": .text(mistake.name), "other": .text(mistake.other), "value": .text(mistake.value),
            "count": .text(String(mistake.count)),
            "several": .flag(mistake.count > 1),
            "known": .text(mistake.known.joined(separator: ", ")),
            "atLine": .list(mistake.line.map { [["line": .text(String($0))]] } ?? []),
            "suggestion": .list(mistake.near.map { [["near": .text($0)]] } ?? []),
        ]
        let text = try sentence("report/mistake.txt", Mistake.Code.allCases.map(\.rawValue), mistake.code.rawValue, fields)
        let parts = text.split(separator: "\n", maxSplits: 1).map { ClerkText.trimmed($0) }
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }

    func words(_ warning: Warning) throws -> String {
        let fields: [String: TemplateValue] = [
            "name": .text(warning.name), "value": .text(warning.value), "count": .text(String(warning.count)),
            "several": .flag(warning.count > 1),
        ]
        return try sentence("report/warning.txt", Warning.Code.allCases.map(\.rawValue), warning.code.rawValue, fields)
    }

    /// A template with one section for each code; only that of `code` speaks.
    private func sentence(_ name: String, _ codes: [String], _ code: String, _ fields: [String: TemplateValue]) throws -> String {
        var context = Dictionary(uniqueKeysWithValues: codes.map { ($0, TemplateValue.list([])) })
        context[code] = .list([fields])
        return ClerkText.trimmed(try templates.render(name, language: language.rawValue, context))
    }

    /// Longer lists help nobody; the count of the rest is told.
    private static let mostMistakes = 100

    func refusal(of name: String, at now: Date, isRoll: Bool, isCopies: Bool, isSitting: Bool, _ mistakes: [Mistake]) throws -> Refusal {
        let told = try mistakes.prefix(Self.mostMistakes).map { try words($0) }
        let rest = mistakes.count - told.count
        let page = try html(
            "report/refused.html",
            [
                "name": .text(name), "at": .text(clock(now)), "isRoll": .flag(isRoll), "isCopies": .flag(isCopies),
                "isSitting": .flag(isSitting),
                "mistakes": .list(told.map { ["what": .text($0.what), "todo": .text($0.todo)] }),
                "more": .list(rest > 0 ? [["count": .text(String(rest))]] : []),
            ])
        let reason = told.prefix(20).map { [$0.what, $0.todo].filter { !$0.isEmpty }.joined(separator: "\n") }
        return Refusal(page: page, reason: reason.joined(separator: "\n\n"))
    }

    struct Refusal {
        let page: [UInt8]
        /// For the clerk's mail.
        let reason: String
    }

    func roll(_ change: RollChange, _ entries: [RollEntry], hash: ContentHash, at now: Date) throws -> [UInt8] {
        let names = { (entries: [RollEntry]) in TemplateValue.list(entries.map { ["name": .text($0.fullName)] }) }
        let onPaper = entries.count { $0.service == .paper }
        return try html(
            "report/roll.html",
            [
                "at": .text(clock(now)), "total": .text(String(entries.count)), "electronic": .text(String(entries.count - onPaper)),
                "paper": .text(String(onPaper)), "hash": .text(hash.hex),
                "bodies": .list(
                    authority.bodies.map { body in
                        ["name": .text(body.name), "count": .text(String(entries.count { $0.bodies.contains(body.id) }))]
                    }),
                "unchanged": .flag(change.added.isEmpty && change.changed.isEmpty && change.removed.isEmpty),
                "added": names(change.added), "changed": names(change.changed), "removed": names(change.removed),
            ])
    }

    func copies(_ change: CopiesChange, _ entries: [CopyEntry], at now: Date) throws -> [UInt8] {
        let names = { (entries: [CopyEntry]) in
            TemplateValue.list(
                entries.map { ["name": .text($0.fullName), "hasCommune": .flag(!$0.commune.isEmpty), "commune": .text($0.commune)] })
        }
        return try html(
            "report/copies.html",
            [
                "at": .text(clock(now)), "total": .text(String(entries.count)), "isEmpty": .flag(entries.isEmpty),
                "bodies": .list(
                    authority.bodies.map { body in
                        ["name": .text(body.name), "count": .text(String(entries.count { $0.isTold(of: body.id) }))]
                    }),
                "unchanged": .flag(change.added.isEmpty && change.changed.isEmpty && change.removed.isEmpty),
                "added": names(change.added), "changed": names(change.changed), "removed": names(change.removed),
                "hasConvened": .flag(!change.convened.isEmpty), "convened": names(change.convened),
            ])
    }

    func waiting(_ items: [Waiting], at now: Date) throws -> [UInt8] {
        let rows = items.map { ["name": TemplateValue.text($0.name), "reason": .object(Self.fields($0.reason))] }
        return try html("report/waiting.html", ["at": .text(clock(now)), "busy": .flag(!items.isEmpty), "items": .list(rows)])
    }

    private static func fields(_ reason: Waiting.Reason) -> [String: TemplateValue] {
        var fields: [String: TemplateValue] = [:]
        for flag in ["settling", "unnamed", "empty", "alone", "sameName", "forbidden"] { fields[flag] = .flag(false) }
        for list in ["inProgress", "beingWritten", "locked", "fault"] { fields[list] = .list([]) }
        switch reason {
        case .settling: fields["settling"] = .flag(true)
        case .unnamed: fields["unnamed"] = .flag(true)
        case .empty: fields["empty"] = .flag(true)
        case .alone: fields["alone"] = .flag(true)
        case .sameName: fields["sameName"] = .flag(true)
        case .forbidden: fields["forbidden"] = .flag(true)
        case .inProgress(let name): fields["inProgress"] = .list([["text": .text(name)]])
        case .beingWritten(let name): fields["beingWritten"] = .list([["text": .text(name)]])
        case .locked(let name): fields["locked"] = .list([["text": .text(name)]])
        case .fault(let text): fields["fault"] = .list([["text": .text(text)]])
        }
        return fields
    }

    /// `LISEZ-MOI.txt`, as every Windows editor shows it: with a mark and CRLF.
    func readMe(at now: Date) throws -> [UInt8] {
        let today = CivilDate(of: now, in: authority.timeZone)
        let text = try templates.render(
            "report/LISEZ-MOI.txt", language: language.rawValue,
            [
                "authority": .text(authority.name),
                "bodies": .list(
                    authority.bodies.map { ["name": .text($0.name), "days": .text(String($0.notice.clearDays(on: today, urgent: false)))] }),
                "example": .text(authority.bodies.first?.name ?? ""),
                "columns": .text(RollLayout.roll.columns.map(\.title).joined(separator: ";")),
                "copyColumns": .text(RollLayout.copies.columns.map(\.title).joined(separator: ";")),
            ])
        return [0xEF, 0xBB, 0xBF] + Array(text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
    }

    func html(_ name: String, _ fields: [String: TemplateValue]) throws -> [UInt8] {
        let all = fields.merging(["authority": .text(authority.name)]) { given, _ in given }
        let page = try templates.render(name, language: language.rawValue, all)
        let doctype = "<!doctype html>"
        let rest = page.lowercased().hasPrefix(doctype) ? page.dropFirst(doctype.count) : page[...]
        return Array((Self.mark + rest.drop(while: \.isNewline)).utf8)
    }

    /// `mardi 24 novembre 2026 à 9 h 05`, on the authority's clocks.
    func clock(_ instant: Date) -> String { CivilDateTime(of: instant, in: authority.timeZone).words(in: language) }
}
