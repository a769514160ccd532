import Council
import Curl
import Foundation
import Reception
import Store
import TestSupport
import Testing

@Suite("Robots that look like browsers")
struct RobotTests {
    @Test("the third link of one message within three seconds is a robot's, and takes the first two receipts with it")
    func burst() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 4)[0]
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
            desk.clock.advance(by: 1)
            #expect(try await visitor.get(desk.path(convocation, 1)).status == 303)
            #expect(try await desk.facts(.receiptOpened) == 2)
            desk.clock.advance(by: 1)
            let third = try await visitor.get(desk.path(convocation, 2))
            #expect(third.status == 200)
            #expect(third.form != nil)
            #expect(try await desk.facts(.receiptDowngraded) == 2)
            #expect(try await desk.facts(.accessRobot) == 1)
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptAt == nil)
            // The person who comes later is believed.
            desk.clock.advance(by: 60)
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
            #expect(try await desk.facts(.receiptOpened) == 3)
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptAt == desk.clock.now)
        }
    }

    @Test("three links of one message at a reader's pace are a person's")
    func slow() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene()[0]
        try await desk.serve { visitor async throws in
            for number in 0..<3 {
                #expect(try await visitor.get(desk.path(convocation, number)).status == 303)
                desk.clock.advance(by: 2)
            }
            #expect(try await desk.facts(.receiptOpened) == 3)
            #expect(try await desk.facts(.receiptDowngraded) == 0)
        }
    }

    @Test("links of different messages at once are no burst")
    func severalPeople() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene()
        try await desk.serve { visitor async throws in
            for convocation in convocations { #expect(try await visitor.get(desk.path(convocation, 0)).status == 303) }
        }
        #expect(try await desk.facts(.receiptDowngraded) == 0)
    }

    @Test("of many links of one message opened at the same moment, no receipt stands")
    func concurrentBurst() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 12)[0]
        let paths = (0..<12).map { desk.path(convocation, $0) }
        try await desk.serve { visitor in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for path in paths { group.addTask { _ = try await visitor.get(path) } }
                try await group.waitForAll()
            }
            let opened = try await desk.facts(.receiptOpened)
            #expect(opened <= 12)
            #expect(try await desk.facts(.receiptDowngraded) == opened)
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptAt == nil)
        }
    }

    @Test("a confirmed receipt stays whatever a robot does")
    func confirmedStays() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 4)[0]
        try await desk.serve { visitor in
            let form = try #require(try await visitor.get(desk.path(convocation, 0), Visitor.scanner).form)
            #expect(try await visitor.post(desk.path(convocation, 0), ["form": form]).status == 303)
            for number in 1..<4 { _ = try await visitor.get(desk.path(convocation, number)) }
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptGrade == .confirmed)
        }
    }

    @Test("the link that no person sees downgrades what was opened shortly before, and what comes shortly after")
    func honeypot() async throws {
        let desk = try Desk()
        let convocations = try await desk.convene(documents: 2)
        let convocation = convocations[0]
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
            #expect(try await visitor.get(desk.path(convocations[1], 0)).status == 303)
            // A gateway that comes minutes later takes nobody's receipt away.
            desk.clock.advance(by: 120)
            _ = try await visitor.get(desk.path(convocations[1], 3))
            #expect(try await desk.facts(.receiptDowngraded) == 0)
            desk.clock.advance(by: 700)
            #expect(try await visitor.get(desk.path(convocation, 1)).status == 303)
            desk.clock.advance(by: 20)
            let page = try await visitor.get(desk.path(convocation, 3))
            #expect(page.status == 200)
            #expect(page.form == nil)
            #expect(page.location == nil)
            #expect(try await desk.facts(.receiptDowngraded) == 1)
            #expect(try await desk.facts(.accessRobot) == 2)
            #expect(try await desk.store.storage.convocation(convocation.id)?.receiptAt != nil, "the first receipt, minutes before, stands")
            desk.clock.advance(by: 120)
            #expect(try await visitor.get(desk.path(convocation, 1)).form != nil)
            #expect(try await visitor.get(desk.path(convocations[1], 1)).status == 303)
            desk.clock.advance(by: 601)
            #expect(try await visitor.get(desk.path(convocation, 1)).status == 303)
        }
    }

    @Test("a click before or right after the relay took the message is a robot's")
    func tooSoon() async throws {
        let desk = try Desk()
        _ = try await desk.store.approvedSitting()
        let convocation = try await desk.store.composeAll()[0]
        try await desk.serve { visitor in
            #expect(try await visitor.get(desk.path(convocation, 0)).form != nil)
            try await desk.store.relayAll()
            desk.clock.advance(by: 4)
            #expect(try await visitor.get(desk.path(convocation, 0)).form != nil)
            desk.clock.advance(by: 1)
            #expect(try await visitor.get(desk.path(convocation, 0)).status == 303)
        }
    }

    @Test("a few documents opened at once from the sitting's page are a person's, all of many are a robot's")
    func pageBurst() async throws {
        let desk = try Desk()
        let convocation = try await desk.convene(documents: 8)[0]
        try await desk.serve { visitor in
            let page = try #require(try await visitor.get(desk.path(convocation, 8)).location)
            let links = try await visitor.get(page).text.matches(of: /href="(\/s\/[^"]+)"/).map { String($0.output.1) }
            #expect(links.count == 8)
            for link in links.prefix(5) { #expect(try await visitor.get(link).status == 303) }
            #expect(try await desk.facts(.receiptDowngraded) == 0)
            for link in links.dropFirst(5) { #expect(try await visitor.get(link).form != nil) }
            #expect(try await desk.facts(.receiptDowngraded) == 6)
        }
    }

    @Test("the memory of what was opened is bounded")
    func bounded() {
        let traces = RobotTraces(settings: GradingSettings(), capacity: 100)
        for number in 0..<10_000 {
            let opened = RobotTraces.Opened(link: UInt64(number), document: nil)
            _ = traces.note(opened, of: ConvocationID(rawValue: Int64(number)), at: Sample.now.addingTimeInterval(Double(number) / 1000))
            #expect(traces.count <= 101)
        }
    }
}
