import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// Times that entries claim, against each other and against timestamps.
struct ProofClockTests {
    private func warnings(_ archive: [UInt8]) throws -> [ProofReport.Statement] {
        try ProofVerifier.verify(archive).statements.filter { $0.standing == .warning }
    }

    @Test func `an entry that claims to be older than one before it, by more than the minutes that a clock may be put right by, is named`()
        async throws
    {
        for (seconds, isTold) in [(-50.0, false), (-350, false), (-400, true)] {
            let base = try AnchorFixture()
            let sitting = try await base.data.draftSitting()
            _ = try await base.data.storage.cancel(sitting.id, by: "test", at: Sample.now.addingTimeInterval(seconds))
            let size = try await base.publish()
            let exporter = ProofExporter(
                storage: base.data.storage, ledgerFolder: base.ledger, authorities: [], verifierPage: try ProofFixture.verifierPage())
            let archive = try await exporter.export(.sitting(sitting.id)).archive
            let told = try warnings(archive)
            let before = Sample.now
            #expect(
                told == (isTold ? [.timesRunBack(1, seq: size - 1, at: before.addingTimeInterval(seconds), after: 1, whose: before)] : []))
            let page = try await VerifierPage.shown(archive)
            #expect(page.isGood && page.text.contains("l’horloge de la collectivité a reculé") == isTold, "\(page.text)")
            #expect(page.text.contains("Lisez d’abord") == isTold)
        }
    }

    @Test func `an entry beyond a stamped state that claims to be older, and one in it that claims to be younger, are named`()
        async throws
    {
        let fixture = try await ProofFixture()
        let storage = fixture.base.data.storage
        for (link, seconds) in [(1, -86_400.0), (2, 86_400)] {
            _ = try await storage.record(
                Access(
                    link: Sample.linkID(fixture.convocation, link), at: Date().addingTimeInterval(seconds), grade: .person, signals: [],
                    document: nil))
        }
        fixture.base.clock.advance(100)
        try await fixture.base.publish()
        try await fixture.base.service(
            fixture.base.settings(authorities: [Fixtures.settings(of: fixture.authority)], interval: .seconds(1))
        )
        .anchorDue()
        let archive = try await fixture.exporter().export(.convocation(fixture.convocation)).archive
        let receipts = try ProofVerifier.verify(archive).facts.filter { $0.type == .receiptOpened }.map(\.seq)
        let told = try warnings(archive)
        // Behind a state stamped a moment ago, and called a day old; and a day ahead of the stamp over it.
        let codes = told.compactMap { $0.json["code"]?.text }
        #expect(codes.contains("older-than-stamp") && codes.contains("newer-than-stamp"), "\(told)")
        #expect(receipts.count == 3)
        for statement in told {
            guard case .newerThanStamp(_, let seq, _, _, _) = statement else { continue }
            #expect(receipts.contains(seq) || Date() < Sample.now)
        }
        let (french, english) = (ProofWords(.french), ProofWords(.english))
        let words = Set(
            (told + [.timesRunBack(3, seq: 1, at: Sample.now, after: 2, whose: Sample.now)]).flatMap {
                [french.statement($0), english.statement($0)]
            })
        #expect(words.count == 2 * (told.count + 1) && words.allSatisfy { $0.count > 60 })
        let page = try await VerifierPage.shown(archive)
        #expect(page.isGood && page.text.contains("dont le registre avait déjà reçu l’horodatage"), "\(page.text)")
        #expect(page.text.contains("avançait, ou l’horodatage est faux"), "\(page.text)")
    }

    @Test func `a timestamp that came late accuses no entry before the one that commits it`() async throws {
        let base = try AnchorFixture()
        let authority = try Fixtures.authority.get()
        let storage = base.data.storage
        let sitting = try await base.data.approvedSitting(members: 2, documents: 1)
        try await base.data.composeAll()
        try await base.data.relayAll()
        let convocation = try #require(try await storage.status(of: sitting.id).first).id
        // A quarter of an hour ago by the authority's clock, which is the real one.
        func open(_ link: Int) async throws {
            _ = try await storage.record(
                Access(
                    link: Sample.linkID(convocation, link), at: Date().addingTimeInterval(-900), grade: .person, signals: [], document: nil)
            )
            base.clock.advance(7200)
            try await base.publish()
        }
        let first = try await base.publish()
        try await base.service(base.settings(authorities: [Fixtures.settings(of: authority, path: "broken")])).anchorDue()
        try await open(0)
        let working = base.service(base.settings(authorities: [Fixtures.settings(of: authority)], interval: .seconds(1)))
        try await working.anchorDue()
        let exporter = ProofExporter(
            storage: storage, ledgerFolder: base.ledger, authorities: [Fixtures.settings(of: authority)],
            verifierPage: try ProofFixture.verifierPage())
        let late = try await exporter.export(.convocation(convocation)).archive
        #expect(try warnings(late) == [])
        let statement = try #require(
            try ProofVerifier.verify(late).statements.first { if case .stampedLate = $0 { true } else { false } })
        guard case .stampedLate(1, let seq, _, first, _) = statement else {
            Issue.record("\(statement)")
            return
        }
        #expect(statement.standing == .claimed && seq >= first && statement.json["code"]?.text == "stamped-late")
        #expect(ProofWords(.french).statement(statement).contains("obtenu tard"))
        #expect(ProofWords(.english).statement(statement).contains("came late"))
        let page = try await VerifierPage.shown(late)
        #expect(page.isGood && page.text.contains("l’horodatage a été obtenu tard"), "\(page.text)")

        // This one commits the tokens, and calls itself older than they are.
        try await open(1)
        try await working.anchorDue()
        let archive = try await exporter.export(.convocation(convocation)).archive
        #expect(try warnings(archive).compactMap { $0.json["code"]?.text } == ["older-than-stamp"])
        let accused = try await VerifierPage.shown(archive)
        #expect(accused.text.contains("dont le registre avait déjà reçu l’horodatage"), "\(accused.text)")
    }
}
