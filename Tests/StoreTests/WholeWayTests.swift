import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

@Suite("The store, the whole way of a sitting")
struct WholeWayTests {
    @Test("from a drop to a receipt, each step leaves its entry")
    func wholeWay() async throws {
        let test = try TestStorage()
        let sitting = try await test.approvedSitting(members: 12, documents: 3)
        #expect(sitting.state == .approved)
        let composed = try await test.composeAll()
        #expect(composed.count == 11)
        try await test.relayAll(at: Sample.now.addingTimeInterval(1))
        let first = composed[0]
        let access = Access(link: first.links[0].id, at: Sample.now.addingTimeInterval(60), grade: .person, signals: [], document: nil)
        #expect(try await test.storage.record(access) == .recorded)
        #expect(try await test.storage.record(access) == .repeated(first: access.at))
        let status = try #require(await test.storage.convocation(first.id))
        #expect(status.state == .relayed && status.receiptAt == access.at && status.receiptGrade == .person)
        let shown = try #require(await test.storage.publicSitting(sitting.id))
        #expect(shown.convened == 12 && shown.onPaper == 1 && shown.served == 11 && shown.acknowledged == 1 && shown.leaves.count == 3)
    }
}
