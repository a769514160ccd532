import Council
import Testing

@Suite struct StateTests {
    @Test func `a sitting only goes forward`() {
        let allowed: Set<[SittingState]> = [[.draft, .approved], [.draft, .cancelled], [.approved, .cancelled]]
        for from in [SittingState.draft, .approved, .cancelled] {
            for to in [SittingState.draft, .approved, .cancelled] {
                #expect(from.canBecome(to) == allowed.contains([from, to]))
            }
        }
    }

    @Test func `a message that the relay took, or that was given up, is never sent again`() {
        let all: [DeliveryState] = [.ready, .leased, .relayed, .deferred, .failed, .bounced, .cancelled]
        for end in [DeliveryState.failed, .bounced, .cancelled] { #expect(all.allSatisfy { !end.canBecome($0) }) }
        #expect(all.filter { DeliveryState.relayed.canBecome($0) } == [.bounced])
        #expect(all.filter { $0.canBecome(.leased) } == [.ready, .deferred])
        #expect(!DeliveryState.leased.canBecome(.cancelled))
    }

    @Test func `a hash is 32 bytes or nothing`() {
        let hex = String(repeating: "0aF", count: 21) + "9"
        #expect(ContentHash(hex: hex)?.hex == hex.lowercased())
        #expect(ContentHash(hex: String(hex.dropLast())) == nil)
        #expect(ContentHash(hex: String(hex.dropLast()) + "g") == nil)
        #expect(ContentHash(hex: hex + "00") == nil)
        #expect(ContentHash(bytes: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(Hex.decode("abc") == nil)
        #expect(Hex.decode(Hex.encode([0, 15, 16, 255])) == [0, 15, 16, 255])
    }
}
