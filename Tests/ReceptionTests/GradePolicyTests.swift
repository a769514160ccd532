import Council
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reception
import Testing

@Suite("How an access is judged and answered")
struct GradePolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let policy: ReceiptPolicy
        let grade: Grade
        let answer: GradePolicy.Decision.Answer
        let recorded: Grade?
        var testDescription: String { "\(policy), \(grade)" }
    }

    static let table = [
        Row(policy: .direct, grade: .person, answer: .redirect, recorded: .person),
        Row(policy: .direct, grade: .robot, answer: .redirect, recorded: .robot),
        Row(policy: .direct, grade: .confirmed, answer: .redirect, recorded: .confirmed),
        Row(policy: .adaptive, grade: .person, answer: .redirect, recorded: .person),
        Row(policy: .adaptive, grade: .robot, answer: .page, recorded: .robot),
        Row(policy: .adaptive, grade: .confirmed, answer: .redirect, recorded: .confirmed),
        Row(policy: .confirm, grade: .person, answer: .page, recorded: nil),
        Row(policy: .confirm, grade: .robot, answer: .page, recorded: .robot),
        Row(policy: .confirm, grade: .confirmed, answer: .redirect, recorded: .confirmed),
    ]

    @Test("each row of the policy table", arguments: table)
    func row(_ row: Row) {
        let decision = GradePolicy.decide(row.policy, row.grade)
        #expect(decision.answer == row.answer)
        #expect(decision.recorded == row.recorded)
    }

    @Test("the table has every policy and grade")
    func complete() {
        #expect(Set(Self.table.map { "\($0.policy) \($0.grade)" }).count == ReceiptPolicy.allCases.count * 3)
    }

    @Test("one signal makes a robot, none a person", arguments: Signal.allCases)
    func signal(_ signal: Signal) {
        #expect(GradePolicy.grade([signal]) == .robot)
        #expect(GradePolicy.grade([]) == .person)
    }
}

@Suite("What a request says about its sender")
struct RequestSignalsTests {
    private func signals(_ changes: [String: String?], method: HTTPRequest.Method = .get) -> Set<Signal> {
        var fields = HTTPFields()
        for (name, value) in Visitor.browser.mapValues(Optional.some).merging(changes, uniquingKeysWith: { $1 }) {
            if let value, let name = HTTPField.Name(name) { fields[name] = value }
        }
        let head = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: "/r/x", headerFields: fields)
        return RequestSignals.of(Request(head: head, body: RequestBody(buffer: ByteBuffer())))
    }

    @Test("a browser's navigation has no signal")
    func browser() { #expect(signals([:]).isEmpty) }

    @Test("an older browser without Sec-Fetch headers has no signal")
    func olderBrowser() {
        #expect(signals(["Sec-Fetch-Mode": nil, "Sec-Fetch-Dest": nil, "Sec-Fetch-Site": nil]).isEmpty)
    }

    @Test("HEAD is a signal")
    func head() { #expect(signals([:], method: .head) == [.head]) }

    @Test("prefetching", arguments: ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"])
    func prefetch(_ name: String) {
        #expect(signals([name: "prefetch"]) == [.prefetch])
        #expect(signals([name: "prefetch;prerender"]) == [.prefetch])
    }

    @Test("no language, no agent")
    func missing() {
        #expect(signals(["Accept-Language": nil]) == [.noLanguage])
        #expect(signals(["Accept-Language": " "]) == [.noLanguage])
        #expect(signals(["User-Agent": nil]) == [.noAgent])
    }

    @Test("not a navigation")
    func notNavigation() {
        #expect(signals(["Sec-Fetch-Mode": "no-cors"]) == [.notNavigation])
        #expect(signals(["Sec-Fetch-Dest": "image"]) == [.notNavigation])
    }

    @Test(
        "known scanners",
        arguments: [
            "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 BingPreview/1.0b", "curl/8.5.0", "python-requests/2.31", "Go-http-client/1.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mimecast URL Scanner",
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", "Mozilla/5.0 HeadlessChrome/120.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Barracuda Sentinel (EE)", "WhatsApp/2.23.20.0",
        ])
    func scanner(_ agent: String) { #expect(signals(["User-Agent": agent]) == [.scanner]) }

    @Test(
        "people's browsers are no scanners",
        arguments: [
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
        ])
    func notScanner(_ agent: String) { #expect(signals(["User-Agent": agent]).isEmpty) }
}
