import Curl
import Delivery
import Testing

/// The table that decides between "sent", "again", "never" and "nobody knows". A change here is a change of law.
@Suite("How an attempt is judged")
struct ClassificationTests {
    typealias Stage = SMTPDialogue.Stage

    struct Row: Sendable, CustomTestStringConvertible {
        let stage: Stage
        let reply: Int?
        let curl: Int?
        var given = false
        let verdict: CourierAnswer.Verdict
        var fault: RelayFault?
        var strained = false
        var testDescription: String { "\(stage) \(reply.map(String.init) ?? "-") curl \(curl.map(String.init) ?? "-") given \(given)" }
    }

    static let table: [Row] = [
        // The final reply counts, whatever libcurl thinks of it.
        Row(stage: .answered, reply: 250, curl: nil, given: true, verdict: .accepted),
        Row(stage: .answered, reply: 251, curl: 8, given: true, verdict: .accepted),
        Row(stage: .answered, reply: 250, curl: 56, given: true, verdict: .accepted),
        Row(stage: .answered, reply: 250, curl: 42, given: true, verdict: .accepted),
        Row(stage: .answered, reply: 421, curl: 8, given: true, verdict: .deferred, fault: .busy),
        Row(stage: .answered, reply: 451, curl: 8, given: true, verdict: .deferred, strained: true),
        Row(stage: .answered, reply: 452, curl: 8, given: true, verdict: .deferred, strained: true),
        Row(stage: .answered, reply: 552, curl: 8, given: true, verdict: .refused),
        Row(stage: .answered, reply: 554, curl: 8, given: true, verdict: .refused),
        Row(stage: .answered, reply: 354, curl: 8, given: true, verdict: .unknown),
        // The body left, nothing came back.
        Row(stage: .body, reply: nil, curl: 55, given: true, verdict: .unknown),
        Row(stage: .body, reply: nil, curl: 56, given: true, verdict: .unknown),
        Row(stage: .body, reply: nil, curl: 28, given: true, verdict: .unknown),
        Row(stage: .body, reply: nil, curl: 42, given: true, verdict: .unknown),
        Row(stage: .body, reply: nil, curl: nil, given: true, verdict: .unknown),
        // The body did not leave to its end: no final dot.
        Row(stage: .body, reply: nil, curl: 55, verdict: .deferred, fault: .unreachable),
        Row(stage: .body, reply: nil, curl: 28, verdict: .deferred, fault: .unreachable),
        Row(stage: .body, reply: nil, curl: 42, verdict: .deferred),
        // Refused before the body.
        Row(stage: .greeting, reply: 421, curl: 8, verdict: .deferred, fault: .busy),
        Row(stage: .greeting, reply: 554, curl: 8, verdict: .deferred, fault: .configuration),
        Row(stage: .hello, reply: 450, curl: 9, verdict: .deferred, fault: .busy),
        Row(stage: .sender, reply: 421, curl: 55, verdict: .deferred, fault: .busy),
        Row(stage: .sender, reply: 451, curl: 55, verdict: .deferred, strained: true),
        Row(stage: .sender, reply: 454, curl: 67, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: 535, curl: 67, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: 530, curl: 55, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: 454, curl: 64, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: 550, curl: 55, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: 552, curl: 55, verdict: .refused),
        Row(stage: .recipient, reply: 421, curl: 55, verdict: .deferred, fault: .busy),
        Row(stage: .recipient, reply: 450, curl: 55, verdict: .deferred),
        Row(stage: .recipient, reply: 451, curl: 55, verdict: .deferred),
        Row(stage: .recipient, reply: 452, curl: 55, verdict: .deferred, strained: true),
        Row(stage: .recipient, reply: 432, curl: 55, verdict: .deferred, fault: .busy),
        Row(stage: .sender, reply: 432, curl: 55, verdict: .deferred, fault: .busy),
        Row(stage: .data, reply: 454, curl: 55, verdict: .deferred, fault: .busy),
        Row(stage: .answered, reply: 454, curl: 8, given: true, verdict: .deferred, fault: .busy),
        Row(stage: .recipient, reply: 530, curl: 55, verdict: .deferred, fault: .configuration),
        Row(stage: .recipient, reply: 550, curl: 55, verdict: .refused),
        Row(stage: .recipient, reply: 553, curl: 55, verdict: .refused),
        Row(stage: .data, reply: 451, curl: 55, verdict: .deferred, strained: true),
        Row(stage: .data, reply: 554, curl: 55, verdict: .refused),
        // No reply at all, or none that says no.
        Row(stage: .greeting, reply: nil, curl: 6, verdict: .deferred, fault: .unreachable),
        Row(stage: .greeting, reply: nil, curl: 7, verdict: .deferred, fault: .unreachable),
        Row(stage: .greeting, reply: nil, curl: 28, verdict: .deferred, fault: .unreachable),
        Row(stage: .recipient, reply: nil, curl: 56, verdict: .deferred, fault: .unreachable),
        Row(stage: .data, reply: nil, curl: 55, verdict: .deferred, fault: .unreachable),
        Row(stage: .sender, reply: nil, curl: 42, verdict: .deferred),
        Row(stage: .sender, reply: nil, curl: 64, verdict: .deferred, fault: .configuration),
        Row(stage: .sender, reply: nil, curl: 67, verdict: .deferred, fault: .configuration),
        Row(stage: .hello, reply: nil, curl: 35, verdict: .deferred, fault: .configuration),
        Row(stage: .hello, reply: nil, curl: 60, verdict: .deferred, fault: .configuration),
        Row(stage: .greeting, reply: nil, curl: 77, verdict: .deferred, fault: .configuration),
        Row(stage: .greeting, reply: nil, curl: 3, verdict: .deferred, fault: .configuration),
    ]

    @Test("by the pinned table", arguments: table)
    func pinned(_ row: Row) {
        let reply = row.reply.map { SMTPDialogue.Reply(code: $0, lines: ["\($0) words"]) }
        let attempt = SMTPAttempt(
            fault: row.curl.map { CurlFault(code: $0, words: "libcurl's words") }, stage: row.stage, reply: reply,
            replies: reply.map { [$0] } ?? [], bodyHandedOver: row.given, connectionReused: false, connectionKept: false)
        let answer = CourierAnswer(judging: attempt)
        #expect(answer.verdict == row.verdict)
        #expect(answer.relayFault == row.fault)
        #expect(answer.isStrained == row.strained)
        #expect(answer.reply.contains(reply == nil ? "" : "words"))
        #expect(!answer.reply.isEmpty)
    }

    @Test("a small message is not taken for one whose body left, while the relay hasn't asked for it")
    func emptyBody() {
        let attempt = SMTPAttempt(
            fault: CurlFault(code: 56, words: "gone"), stage: .data, reply: nil, replies: [], bodyHandedOver: true,
            connectionReused: false, connectionKept: false)
        #expect(CourierAnswer(judging: attempt).verdict == .deferred)
    }
}

@Suite("The relay's own name of a message")
struct QueueIdentifierTests {
    @Test(
        "is found in the replies of common relays",
        arguments: [
            (["250 2.0.0 Ok: queued as E4A1AF90148"], "E4A1AF90148"),
            (["250 2.0.0 Ok: queued as 4YbT0W3n2Tz9sPX"], "4YbT0W3n2Tz9sPX"),
            (["250 OK id=1qXyZ1-000abc-12"], "1qXyZ1-000abc-12"),
            (
                [
                    "250 2.6.0 <c.1@agglo.example> [InternalId=6543209876543, Hostname=PR0P264MB0001.FRAP264.PROD.OUTLOOK.COM] 9876 bytes in 0.1, 80 KB/sec Queued mail for delivery"
                ], "6543209876543"
            ),
            (["250 2.0.0 t5ABCdef012345 Message accepted for delivery"], "t5ABCdef012345"),
            (["250 2.0.0 12ab34cd Message accepted for delivery"], "12ab34cd"),
            (["250 2.0.0 OK  1699999999 a1-20020a05600c.123 - gsmtp"], "a1-20020a05600c.123"),
            (["250 Ok 0102018b2c3d4e5f-1a2b3c4d-000000"], "0102018b2c3d4e5f-1a2b3c4d-000000"),
            (["250-2.0.0 Ok", "250 2.0.0 queued as ABC123."], "ABC123"),
            (["250 2.0.0 Ok: queued as FFFF1", "250 thank you"], "FFFF1"),
        ] as [([String], String)])
    func found(_ lines: [String], _ name: String) {
        #expect(QueueIdentifier.find(in: lines) == name)
    }

    @Test("is not made up", arguments: ["250 Ok", "250 2.0.0 Ok", "250 thank you", "250", "250 2.0.0 valid=yes", "250 accepted"])
    func absent(_ line: String) {
        #expect(QueueIdentifier.find(in: [line]) == nil)
    }
}
