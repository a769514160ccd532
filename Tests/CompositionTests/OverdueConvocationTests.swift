import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

@Suite("The clerk is told of convocations that don't leave")
struct OverdueConvocationTests {
    @Test("not what waited while nobody looked, before delivery has had its time; then once a minute at most")
    func watch() {
        var watch = OverdueWatch()
        let start = Sample.now
        func isDue(_ seconds: TimeInterval) -> Bool { watch.isDue(at: start.addingTimeInterval(seconds)) }
        #expect(stride(from: 0.0, to: 300, by: 30).allSatisfy { !isDue($0) })
        #expect(isDue(300))
        #expect(!isDue(330))
        #expect(isDue(360))
        // The machine was paused.
        #expect(!isDue(7200))
        #expect(!isDue(7499))
        #expect(isDue(7500))
    }

    @Test("with their names and the server's words; who was served since is left out, and of nobody nothing is said")
    func told() async throws {
        let stage = try Stage()
        let sitting = try await stage.test.approvedSitting(members: 4)
        try await stage.service.composePending()
        let storage = stage.storage
        let leased = try await storage.lease(limit: 9, at: Fixture.now).filter { $0.message.kind == .convocation }
        #expect(leased.count == 4)
        let again = Fixture.now.addingTimeInterval(7200)
        try await storage.record(leased.map { Sample.outcome(of: $0, .deferred(retryAt: again), at: Fixture.now) })
        #expect(try await storage.tellOverdue(since: Fixture.now, at: again) == 4)
        // Two leave before the mail is made, one is served on paper.
        let retried = try await storage.lease(limit: 9, at: again)
        try await storage.record(
            retried.enumerated().map {
                Sample.outcome(of: $1, $0 < 2 ? .accepted : .deferred(retryAt: again.addingTimeInterval(30)), at: again)
            })
        let open = try await storage.status(of: sitting.id).filter { $0.state == .queued }
        let onPaper = try #require(open.first), left = try #require(open.last)
        _ = try await storage.recordPaperService(
            PaperService(day: CivilDate(of: again, in: Fixture.zone), how: "en main propre"), of: onPaper.member.id, in: sitting.id,
            correcting: false, zone: Fixture.zone, at: again)
        #expect(try await Stage(on: stage, now: again, seed: 2).service.composePending() == 1)
        let mail = try #require(try await storage.lease(limit: 9, at: again).first { $0.message.kind == .alarm }).message
        let judged = try Judge.message(mail.bytes)
        #expect(judged.subject?.hasPrefix("Convocation pas encore remise : ") == true, "\(judged.subject ?? "")")
        let text = judged.text ?? ""
        #expect(text.contains(left.member.entry.fullName) && text.contains("cette convocation n’est pas encore partie"))
        #expect(text.contains("avant minuit") && text.contains("Réponse du serveur"))
        for other in try await storage.status(of: sitting.id) where other.id != left.id {
            #expect(!text.contains(other.member.entry.fullName))
        }
        // All have left before the next one is made.
        try await storage.post(.undelivered(sitting: sitting.id, convocations: open.map(\.id)), at: again)
        let end = again.addingTimeInterval(60)
        try await storage.record(
            try await storage.lease(limit: 9, at: end).map {
                Sample.outcome(of: $0, .accepted, at: end)
            })
        #expect(try await Stage(on: stage, now: end, seed: 3).service.composePending() == 0)
    }
}
