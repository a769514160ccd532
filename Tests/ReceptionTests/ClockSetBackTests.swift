import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("Reception under a clock that is set back")
struct ClockSetBackTests {
    @Test(
        "every click is answered and entered, earlier receipts stand, and who seems to come before the mail gets the button",
        arguments: [-1, -600, -7200, -86_400, -400 * 86_400] as [TimeInterval])
    func clicks(_ step: TimeInterval) async throws {
        let desk = try Desk()
        let convocations = try await desk.convene()
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocations[0], 0)).status == 303)
            let first = desk.clock.now
            desk.clock.advance(by: step)
            let answer = try await visitor.get(desk.path(convocations[1], 0))
            // The relay took the mail an hour before: an earlier click can't be a person's, says that clock, and a press settles it.
            let isEarly = step < -3600
            #expect(answer.status == (isEarly ? 200 : 303), "\(answer.status)")
            #expect(try await desk.facts(.receiptOpened) == (isEarly ? 1 : 2))
            if isEarly {
                let pressed = try await visitor.post(desk.path(convocations[1], 0), ["form": try #require(answer.form)])
                #expect(pressed.status == 303)
                #expect(try await desk.facts(.receiptConfirmed) == 1)
            }
            // The same link again, and another one of the first member's: answered as ever.
            #expect([200, 303].contains(try await visitor.get(desk.path(convocations[0], 0)).status))
            let storage = desk.store.storage
            #expect(try await storage.convocation(convocations[0].id)?.receiptAt != nil)
            #expect(try await storage.convocation(convocations[1].id)?.receiptAt == desk.clock.now)
            #expect(try await desk.facts(.receiptDowngraded) == 0)
            // Set right again.
            desk.clock.set(first.addingTimeInterval(60))
            #expect(try await visitor.get(desk.path(convocations[2], 0)).status == 303)
            #expect(try await storage.convocation(convocations[2].id)?.receiptAt == desk.clock.now)
            let rows = try await storage.journal(from: 0, limit: 1000)
            #expect(rows.map(\.seq) == Array(0..<UInt64(rows.count)))
        }
    }
}
