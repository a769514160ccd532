import Curl
import Synchronization
import TestSupport
import Testing

@Suite("Reports on a message's further way are asked for where the relay offers it")
struct DeliveryReportTests {
    @Test("DSN offered: RET, ENVID, NOTIFY and ORCPT; not offered: none of them", arguments: [true, false])
    func asked(offered: Bool) async throws {
        let heard = Mutex<[String]>([])
        let server = try RudeServer { moment in
            switch moment.step {
            case .hello: return [.reply("250-rude.test"), .reply(offered ? "250 DSN" : "250 HELP")]
            case .mail(let line), .recipient(let line), .other(let line):
                heard.withLock { $0.append(line) }
                return nil
            default: return nil
            }
        }
        defer { server.stop() }
        let relay = try SMTPRelay(
            host: "127.0.0.1", port: server.port, security: .none, heloName: "gateway.test", connectTimeout: .seconds(20),
            responseTimeout: .seconds(20), reports: .all)
        let connections = SMTPConnections(relay, count: 1, idle: .seconds(5))
        let (sender, recipient) = (try EnvelopeAddress(checking: "a@b.example"), try EnvelopeAddress(checking: "c+d@e.example"))
        let message = try SMTPConnectionTests.message()
        var attempts: [SMTPAttempt] = []
        for number in 1...2 {
            attempts.append(
                await connections.send(SMTPParcel(from: sender, to: recipient, message, envelopeID: "c.\(number).x=y@b.example")))
        }
        #expect(attempts.map(\.finalReply?.code) == [250, 250])
        #expect(attempts.map(\.reportsAsked) == [offered, offered])
        #expect(server.connections == 1 && attempts.map(\.connectionReused) == [false, true])
        let lines = heard.withLock { $0 }.filter { !$0.hasPrefix("QUIT") }
        #expect(
            lines
                == (offered
                    ? [
                        "MAIL FROM:<a@b.example> RET=HDRS ENVID=c.1.x+3Dy@b.example",
                        "RCPT TO:<c+d@e.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;c+2Bd@e.example",
                        "MAIL FROM:<a@b.example> RET=HDRS ENVID=c.2.x+3Dy@b.example",
                        "RCPT TO:<c+d@e.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;c+2Bd@e.example",
                    ]
                    : [
                        "MAIL FROM:<a@b.example>", "RCPT TO:<c+d@e.example>", "MAIL FROM:<a@b.example>",
                        "RCPT TO:<c+d@e.example>",
                    ]))
    }
}
