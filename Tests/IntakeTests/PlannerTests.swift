import Council
import Foundation
import Intake
import Testing

@Suite struct PlannerTests {
    static let name = "2026-12-15 18h30 Conseil communautaire"

    private func plan(_ names: [String], folder: String = name, _ yaml: String = "") throws(Mistakes) -> SittingPlan {
        let description = try SittingDescription(parsing: Array(yaml.utf8))
        return try SittingPlanner.plan(folderName: folder, names: names, description: description, authority: agglo)
    }

    private func found(_ names: [String], folder: String = name, _ yaml: String = "") -> [Mistake] {
        mistakes { () throws(Mistakes) in try plan(names, folder: folder, yaml) }
    }

    @Test func `numbers give the agenda and the reading order`() throws {
        let plan = try plan([
            "02 Tarifs de l'eau.pdf", "Plan d'accès.png", "01.2 Plan.pdf", "00 Note de synthèse.pdf", "01 Budget primitif 2027.pdf",
            "01.1 Annexe financière.pdf",
        ])
        #expect(plan.when.description == "2026-12-15 18:30" && plan.body.id.rawValue == "conseil" && plan.title == "Conseil communautaire")
        #expect(plan.agenda == [AgendaItem(number: 1, title: "Budget primitif 2027"), AgendaItem(number: 2, title: "Tarifs de l'eau")])
        #expect(plan.files.map(\.label) == ["00", "01", "01.1", "01.2", "02", ""])
        #expect(plan.files.map(\.role) == [.note, .item, .annex, .annex, .item, .other])
        #expect(plan.files.map(\.item) == [nil, 1, 1, 1, 2, nil])
        #expect(
            plan.files.map(\.title) == [
                "Note de synthèse", "Budget primitif 2027", "Annexe financière", "Plan", "Tarifs de l'eau", "Plan d'accès",
            ])
        #expect(plan.files.map(\.source) == [3, 4, 5, 2, 0, 1])
        #expect(plan.files.last?.mediaType == "image/png")
        #expect(plan.warnings.map(\.code) == [.withoutNumber])
        #expect(plan.folderName == Self.name)
    }

    @Test func `seance yml overrides name and numbers`() throws {
        let yaml = "date: 2026-12-16\nheure: 9h\ninstance: bureau\ntitre: Budget\nordre_du_jour:\n- Un\n- Deux\n- Trois\nconfidentiel: [2]"
        let plan = try plan(["01 x.pdf", "02 y.pdf", "02.1 z.pdf", "lettre.pdf"], folder: "n'importe quoi", yaml)
        #expect(plan.when.description == "2026-12-16 09:00" && plan.body.id.rawValue == "bureau" && plan.title == "Budget")
        #expect(plan.agenda.map(\.title) == ["Un", "Deux", "Trois"])
        #expect(plan.files.map(\.confidential) == [false, true, true, false])
        #expect(plan.warnings.map(\.code) == [.withoutNumber, .itemWithoutDocument])
        let annex = try self.plan(["01 x.pdf", "01.1 y.pdf", "02 é.pdf"], "confidentiel: [\"01.1\", \"02 e\u{301}.pdf\"]")
        #expect(annex.files.map(\.confidential) == [false, true, true])
    }

    @Test(arguments: [
        (["Budget.pdf", "Tarifs.pdf"], Mistake.Code.noNumber), (["00 Note.pdf"], .noAgenda), (["00 Note.pdf", "Budget.pdf"], .noAgenda),
        (["01 A.pdf", "1 B.pdf"], .sameNumber), (["01 A.pdf", "01.1 B.pdf", "1-01 C.pdf"], .sameNumber),
        (["01 A.pdf", "02.1 B.pdf"], .annexWithoutItem),
        (["01.pdf"], .emptyTitle), (["01 A.pdf", "00 B.pdf", "0 C.pdf"], .sameNumber),
    ])
    func `an agenda that can't be read is refused`(names: [String], code: Mistake.Code) {
        #expect(found(names).map(\.code) == [code])
    }

    @Test func `both files of one number are named`() {
        let mistake = found(["01 B.pdf", "1 A.pdf"]).first
        #expect(Set([mistake?.name, mistake?.other]) == ["01 B.pdf", "1 A.pdf"])
    }

    @Test func `a number outside the agenda of seance yml, or a confidential name that no file has, is refused`() {
        #expect(found(["01 A.pdf", "07 B.pdf"], "ordre_du_jour: [Un]").map(\.code) == [.numberNotInAgenda])
        let list = found(["01 Contentieux.pdf"], "confidentiel: [\"01 Contencieux.pdf\", 9]")
        #expect(list.map(\.code) == [.unknownConfidential, .unknownConfidential])
        #expect(list.first?.near == "01 Contentieux.pdf")
    }

    @Test(arguments: [
        ("Conseil communautaire", Mistake.Code.noDate), ("2026-02-30 18h Conseil", .noSuchDay),
        ("lundi 15 décembre 2026 18h Conseil communautaire", .wrongWeekday),
        ("2027-03-28 02h30 Conseil communautaire", .noSuchHour),
        ("2026-12-15 Conseil communautaire", .noHour),
        ("2026-12-15 18h30", .noBody), ("2026-12-15 18h30 Conseil municipal", .unknownBody),
        ("2026-12-15 18h30 Conseil comunautaire", .unknownBody),
    ])
    func `a folder's name that says too little is refused`(folder: String, code: Mistake.Code) {
        #expect(found(["01 A.pdf"], folder: folder).map(\.code) == [code])
    }

    @Test func `an unknown body lists the known ones and names the near one`() {
        let mistake = found(["01 A.pdf"], folder: "2026-12-15 18h30 Conseil comunautaire").first
        #expect(mistake?.known.count == 4 && mistake?.near == "Conseil communautaire")
    }

    @Test func `a gap in the numbers is warned about`() throws {
        let warnings = try plan(["01 A.pdf", "04 B.pdf"]).warnings
        #expect(warnings == [Warning(.gap, value: "2, 3", count: 2)])
        #expect(try plan(["02 B.pdf"]).warnings == [Warning(.gap, value: "1", count: 1)], "also at the beginning")
        let far = try plan(["01 A.pdf", "99 B.pdf"]).warnings
        #expect(far == [Warning(.gap, value: (2...21).map(String.init).joined(separator: ", "), count: 97)])
    }

    @Test(arguments: ["2026-12-15 18h30 Commission n°3", "2026-12-15 18h30 Commission eau énergie climat", "2026-12-15 18h30 eau"])
    func `bodies are found by what can stand in a folder's name`(folder: String) throws {
        if folder.contains("climat") {
            // A slash can't stand in a file's name; the near one is suggested.
            #expect(found(["01 A.pdf"], folder: folder).first?.near == "Commission eau/énergie, climat")
        } else if folder.contains("n°3") {
            #expect(found(["01 A.pdf"], folder: folder).first?.near == "Commission n° 3")
        } else {
            #expect(try plan(["01 A.pdf"], folder: folder).body.id.rawValue == "eau")
        }
    }
}

@Suite struct NoticeJudgeTests {
    private func plan(_ folder: String, _ yaml: String = "", note: Bool = true) throws -> SittingPlan {
        try SittingPlanner.plan(
            folderName: folder, names: note ? ["00 Note.pdf", "01 A.pdf"] : ["01 A.pdf"],
            description: SittingDescription(parsing: Array(yaml.utf8)), authority: agglo)
    }

    private func judge(_ now: String) -> NoticeJudge { NoticeJudge(authority: agglo, language: .french, now: instant(now)) }

    @Test func `the last lawful second passes, the next one is too late, and both ways out are told`() throws {
        let plan = try plan("2026-12-15 18h30 Conseil communautaire")
        #expect(judge("2026-12-09 23:59:59").mistake(plan) == nil)
        let late = try #require(judge("2026-12-10 00:00:00").mistake(plan))
        #expect(late.code == .tooLate && late.count == 5)
        #expect(late.value == "mercredi 9 décembre 2026" && late.other == "mercredi 16 décembre 2026")
        let draft = plan.draft(with: [], in: paris)
        #expect(draft.deadline == instant("2026-12-10 00:00") && draft.start == instant("2026-12-15 18:30") && draft.requiredClearDays == 5)
    }

    @Test func `urgency shortens the notice, to one day and not further`() throws {
        let urgent = try plan("2026-12-15 18h30 Conseil communautaire", "urgence: La digue a cédé cette nuit.")
        #expect(judge("2026-12-13 23:59:59").mistake(urgent) == nil)
        #expect(judge("2026-12-14 00:00:00").mistake(urgent)?.code == .tooLateEvenUrgent)
        let ordinary = try plan("2026-12-15 18h30 Conseil communautaire")
        #expect(judge("2026-12-13 12:00").mistake(ordinary)?.code == .tooLate)
        #expect(judge("2026-12-14 12:00").mistake(ordinary)?.code == .tooLateEvenUrgent)
        #expect(judge("2026-12-01 12:00").warnings(urgent).map(\.code).contains(.urgent))
    }

    @Test func `the past and a far future are refused`() throws {
        let plan = try plan("2026-12-15 18h30 Conseil communautaire")
        #expect(judge("2026-12-15 18:30").mistake(plan)?.code == .past)
        #expect(judge("2027-12-15 18:29").mistake(plan)?.code == .past)
        #expect(judge("2025-06-15 12:00").mistake(plan) == nil)
        #expect(judge("2025-06-01 12:00").mistake(plan)?.code == .tooFar)
    }

    @Test func `a notice that needs a holiday or a weekend is pointed out`() throws {
        // Thursday 31 December, five clear days: 25 (holiday, Friday) to 30, with a weekend.
        let tight = try plan("2026-12-31 18h Conseil communautaire")
        let codes = judge("2026-12-24 10:00").warnings(tight)
        #expect(codes.map(\.code) == [.weekendNeeded])
        let tighter = judge("2026-12-25 10:00").warnings(tight)
        #expect(tighter.map(\.code) == [.weekendNeeded])
        let holiday = judge("2026-12-22 10:00").warnings(try plan("2026-12-28 18h Conseil communautaire"))
        #expect(holiday.map(\.code) == [.holidayNeeded, .weekendNeeded])
        #expect(holiday.first?.value == "vendredi 25 décembre 2026")
        #expect(judge("2026-12-01 10:00").warnings(tight).isEmpty)
    }

    @Test func `a missing note is pointed out where the law asks for one`() throws {
        #expect(judge("2026-12-01 10:00").warnings(try plan("2026-12-15 18h Conseil communautaire", note: false)).map(\.code) == [.noNote])
        #expect(judge("2026-12-01 10:00").warnings(try plan("2026-12-15 18h Bureau", note: false)).isEmpty)
    }
}
