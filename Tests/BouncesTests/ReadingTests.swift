import Bounces
import Council
import Foundation
import Links
import MIME
import Store
import TestSupport
import Testing

@Suite("What a returned mail says")
struct ReadingTests {
    struct Expected: Sendable {
        let name: String
        let actions: [DeliveryReport.Action]
        let status: String?
        var recipient = "elu0@aurence.example"
        var reason: BounceReason?
        var isSigned = true
    }

    static let reports = [
        Expected(name: "failed-postfix.eml", actions: [.failed], status: "5.1.1", reason: .addressUnknown),
        Expected(name: "delayed-postfix.eml", actions: [.delayed], status: "4.4.1"),
        Expected(name: "delivered-postfix.eml", actions: [.delivered], status: "2.0.0"),
        Expected(name: "relayed-postfix.eml", actions: [.relayed], status: "2.0.0"),
        Expected(name: "expanded-sendmail.eml", actions: [.expanded], status: "2.1.5"),
        Expected(name: "failed-exim.eml", actions: [.failed], status: "5.0.0", reason: .addressUnknown),
        Expected(name: "failed-exim-text.eml", actions: [.failed], status: nil, reason: .mailboxFull),
        Expected(name: "delayed-exim-text.eml", actions: [.delayed], status: nil),
        Expected(name: "failed-exchange-fr.eml", actions: [.failed], status: "5.1.10", reason: .addressUnknown),
        Expected(name: "failed-exchange-en.eml", actions: [.failed], status: "5.7.1", reason: .refusedByRule),
        Expected(name: "failed-exchange-text-fr.eml", actions: [.failed], status: "5.1.10", reason: .addressUnknown),
        Expected(name: "failed-gmail-fr.eml", actions: [.failed], status: "5.1.1", reason: .addressUnknown),
        Expected(name: "failed-gmail-text-en.eml", actions: [.failed], status: "5.2.2", reason: .mailboxFull),
        Expected(name: "failed-orange.eml", actions: [.failed], status: "5.5.0", reason: .addressUnknown),
        Expected(name: "failed-orange-text.eml", actions: [.failed], status: "5.2.2", reason: .mailboxFull),
        Expected(
            name: "failed-forwarded.eml", actions: [.failed], status: "5.2.2", recipient: "elu0.perso@voisin.example", reason: .mailboxFull),
        Expected(
            name: "mixed-list.eml", actions: [.delivered, .failed], status: "2.0.0", recipient: "elu0.perso@voisin.example",
            reason: .mailboxClosed),
        Expected(name: "failed-unsigned.eml", actions: [.failed], status: "5.1.1", reason: .addressUnknown, isSigned: false),
        Expected(
            name: "failed-unsigned-other.eml", actions: [.failed], status: "5.1.1", recipient: "autre@voisin.example",
            reason: .addressUnknown, isSigned: false),
    ]

    static let noReports: [(String, Verdict)] = [
        ("notice-read.eml", .notice), ("notice-complaint.eml", .notice), ("auto-exchange-fr.eml", .autoReply),
        ("auto-vacation-en.eml", .autoReply), ("auto-header.eml", .autoReply), ("auto-replied-person.eml", .autoReply),
        ("other-person.eml", .other), ("other-forwarded.eml", .other),
    ]

    @Test("reports of each kind of server are understood", arguments: reports)
    func report(_ expected: Expected) throws {
        let mail = try Fixture.mail(expected.name)
        guard case .report(let returned) = mail.verdict else {
            Issue.record("no report: \(mail.verdict)")
            return
        }
        #expect(returned.recipients.map(\.action) == expected.actions)
        #expect(returned.recipients.first?.status == expected.status)
        #expect(returned.recipients.first?.recipient == expected.recipient)
        #expect(mail.signed == (expected.isSigned ? ConvocationID(rawValue: 1) : nil))
        // Two of them don't hold the original at all.
        let hasNone = ["delayed-exim-text.eml", "failed-exchange-text-fr.eml", "failed-gmail-text-en.eml"].contains(expected.name)
        #expect(returned.messageID == (hasNone ? nil : "c.1.test@aurence.example"))
        let reports = returned.reports(on: ConvocationID(rawValue: 1), digest: mail.digest, isSigned: true, at: Sample.now)
        #expect(reports.last?.reason == expected.reason)
        #expect(reports.map(\.action) == expected.actions)
        #expect(
            expected.actions == [.expanded] || expected.actions == [.delayed]
                || reports.allSatisfy { $0.diagnostic != nil || $0.action == .delivered || !expected.isSigned })
    }

    @Test("what is no report is none", arguments: noReports)
    func noReport(name: String, verdict: Verdict) throws {
        #expect(try Fixture.mail(name).verdict == verdict)
    }

    @Test("every fixture is judged by one of the two lists")
    func complete() throws {
        #expect(try Fixture.names == (Self.reports.map(\.name) + Self.noReports.map(\.0)).sorted())
    }

    /// Mailman's detector knows no French sentence, and takes a report that a person forwards for the server's own.
    private static let unknownToMailman = ["failed-exchange-text-fr.eml", "failed-orange-text.eml"]

    @Test("Python's email package reads the same fields, and Mailman's detector sees the same failures")
    func judges() async throws {
        let names = try Fixture.names
        let answer = try await aside {
            try Tool.judge("bounce.py", names.map { Fixture.folder.appendingPathComponent($0).path })
        }
        #expect(answer.status == 0, "\(answer.errors)")
        struct Read: Decodable {
            struct Recipient: Decodable {
                let action: String
                let status: String
                let recipient: String
            }
            let defects: [String]
            let subject: String
            let recipients: [Recipient]
            let messageID: String?
            let failures: [String]
        }
        let read = try JSONDecoder().decode([String: Read].self, from: Data(answer.output))
        #expect(read.count == names.count)
        for (name, judged) in read {
            #expect(judged.defects == [], "\(name) is well formed")
            #expect(MIMEPart(try Fixture.bytes(name)).words("subject") == judged.subject)
            guard case .report(let ours) = try Fixture.mail(name).verdict else {
                if name != "other-forwarded.eml" { #expect(judged.failures == [], "\(name)") }
                continue
            }
            if !judged.recipients.isEmpty {
                #expect(ours.recipients.map(\.action.rawValue) == judged.recipients.map(\.action), "\(name)")
                #expect(ours.recipients.map(\.status) == judged.recipients.map(\.status), "\(name)")
                #expect(ours.recipients.map(\.recipient) == judged.recipients.map(\.recipient), "\(name)")
                #expect(ours.messageID.map { "<\($0)>" } == judged.messageID, "\(name)")
            }
            let hasFailed = ours.recipients.contains { $0.action == .failed }
            #expect(judged.failures.isEmpty == (!hasFailed || Self.unknownToMailman.contains(name)), "\(name)")
        }
    }

    @Test("a signed address is found in any header that names the delivery, in any case; a changed one is not")
    func addresses() throws {
        let ring = try Fixture.keyring()
        let address = try BounceAddress(localPart: "retours", domain: "aurence.example", separator: .plus).address(for: 42, ring)
        for field in ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To"] {
            let mail = ReturnedMail(Array("\(field): \"Retours\" <\(address.uppercased())>\r\n\r\n".utf8), keyring: ring)
            #expect(mail.signed == ConvocationID(rawValue: 42))
        }
        let other = address.replacingOccurrences(of: "+42-", with: "+43-")
        #expect(ReturnedMail(Array("To: \(other)\r\n\r\n".utf8), keyring: ring).signed == nil)
        #expect(ReturnedMail(Array("Subject: \(address)\r\n\r\n".utf8), keyring: ring).signed == nil)
    }

    @Test("MIME as strangers write it")
    func mime() throws {
        let text = """
            Subject: =?iso-8859-1?Q?=C9chec?= =?utf-8?B?IGRlIGxhIHJlbWlzZQ==?=
             : folded
            Content-Type: multipart/mixed (a comment; with=it); boundary*0="two "; boundary*1=parts;
             title*=utf-8''l%27%C3%A9t%C3%A9

            preamble
            --two parts
            Content-Type: text/plain; charset="windows-1252"
            Content-Transfer-Encoding: quoted-printable

            C=9Cur=
             =E9
            --two parts  
            Content-Type: text/html

            <p>
            --two parts--
            --two parts
            epilogue
            """
        let part = MIMEPart(Array(text.utf8))
        #expect(part.words("subject") == "Échec de la remise : folded")
        #expect(part.type["title"] == "l'été")
        #expect(part.everything.map(\.type.value) == ["multipart/mixed", "text/plain", "text/html"])
        #expect(part.children.first?.text == "Cœur é")
    }
}
