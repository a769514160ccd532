package import Curl
import Store

extension CourierAnswer {
    /// Judges one SMTP attempt. The table, first match wins:
    ///
    /// | how far | what was seen | verdict | relay |
    /// |---|---|---|---|
    /// | final reply | 2xx | accepted | |
    /// | | 421, 432, 454 / other 4xx | deferred | busy / strained |
    /// | | 5xx | refused | |
    /// | | anything else | unknown | |
    /// | 354, all bytes given | no reply | unknown | |
    /// | 354, not all given | any fault (no final dot can have left) | deferred | unreachable; own abort: – |
    /// | greeting, EHLO | ≥ 400 | deferred | busy (4xx), configuration (5xx) |
    /// | STARTTLS, AUTH | refused, not offered | deferred | configuration |
    /// | any | 530, 534, 535, 538 | deferred | configuration |
    /// | MAIL | 421, 432, 454 / other 4xx | deferred | busy / strained |
    /// | | 552 (too large) | refused | |
    /// | | other 5xx (the sender is ours: every message would meet it) | deferred | configuration |
    /// | RCPT | 421, 432, 454 / 452 / other 4xx (greylisting: this recipient's) | deferred | busy / strained / – |
    /// | DATA | 421, 432, 454 / other 4xx | deferred | busy / strained |
    /// | RCPT, DATA | 5xx | refused | |
    /// | any | no reply: certificate or TLS fault | deferred | configuration |
    /// | | no reply: own abort | deferred | |
    /// | | no reply: anything else | deferred | unreachable |
    package init(judging attempt: SMTPAttempt, helloName: String = "") {
        self.init(verdictOf: attempt)
        if relayFault == .configuration { cause = attempt.settingAtFault }
        guard !attempt.replies.isEmpty else { return }
        transport = DeliveryOutcome.Transport(
            helloName: helloName, tls: attempt.tls?.version, cipher: attempt.tls?.cipher, reportsAsked: attempt.reportsAsked)
    }

    private init(verdictOf attempt: SMTPAttempt) {
        if let final = attempt.finalReply {
            self.init(final: final)
        } else if attempt.bodyAskedFor {
            self.init(afterBodyWasAskedFor: attempt)
        } else if let refusal = attempt.refusal {
            self.init(refusal: refusal, attempt)
        } else {
            self.init(silence: attempt)
        }
    }

    private init(final reply: SMTPDialogue.Reply) {
        let words = Self.words(reply)
        switch reply.code {
        case 200..<300: self.init(.accepted, reply: words, queueID: QueueIdentifier.find(in: reply.lines))
        case 421, 432, 454: self.init(.deferred, reply: words, relayFault: .busy)
        case 400..<500: self.init(.deferred, reply: words, isStrained: true)
        case 500..<600: self.init(.refused, reply: words)
        default: self.init(.unknown, reply: words)
        }
    }

    private init(afterBodyWasAskedFor attempt: SMTPAttempt) {
        let words = attempt.fault?.description ?? "the connection ended without a reply"
        guard !attempt.bodyHandedOver else {
            self.init(.unknown, reply: "no reply after the message was sent: " + words)
            return
        }
        self.init(
            .deferred, reply: "the message was not sent to its end: " + words,
            relayFault: attempt.wasAborted ? nil : .unreachable)
    }

    private init(refusal reply: SMTPDialogue.Reply, _ attempt: SMTPAttempt) {
        let words = Self.words(reply)
        let isPermanent = reply.code >= 500
        let isSetting = [530, 534, 535, 538].contains(reply.code) || attempt.fault?.isConfiguration == true
        switch attempt.stage {
        case _ where isSetting: self.init(.deferred, reply: words, relayFault: .configuration)
        case .greeting, .hello: self.init(.deferred, reply: words, relayFault: isPermanent ? .configuration : .busy)
        case _ where !isPermanent && [421, 432, 454].contains(reply.code): self.init(.deferred, reply: words, relayFault: .busy)
        case _ where !isPermanent:
            self.init(.deferred, reply: words, isStrained: attempt.stage != .recipient || reply.code == 452)
        case .sender where reply.code != 552: self.init(.deferred, reply: words, relayFault: .configuration)
        default: self.init(.refused, reply: words)
        }
    }

    private init(silence attempt: SMTPAttempt) {
        let words = attempt.fault?.description ?? "the connection ended without a reply"
        let fault: RelayFault? =
            if attempt.wasAborted { nil } else if attempt.fault?.isConfiguration == true { .configuration } else { .unreachable }
        self.init(.deferred, reply: words, relayFault: fault)
    }

    /// One line, the relay's own words.
    private static func words(_ reply: SMTPDialogue.Reply) -> String { reply.lines.joined(separator: " / ") }
}

extension SMTPAttempt {
    /// Which setting the relay doesn't go with.
    fileprivate var settingAtFault: RelayTrouble.Cause {
        switch (fault?.code, refusal?.code) {
        // The peer's certificate, its authority, its key.
        case (51, _), (60, _), (90, _), (91, _): return .certificate
        case (64, _), (35, _), (53, _), (54, _), (58, _), (59, _), (66, _), (77, _), (80, _), (82, _), (83, _): return .tls
        case (67, _), (_, 530), (_, 534), (_, 535), (_, 538): return .authentication
        default: return stage == .sender ? .sender : .refusal
        }
    }

    /// `CURLE_ABORTED_BY_CALLBACK`: we stopped it.
    fileprivate var wasAborted: Bool { fault?.code == 42 }
}

extension CurlFault {
    /// Certificates, TLS (35, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91), STARTTLS not offered (64), login denied (67),
    /// and settings that libcurl itself refuses (1, 2, 3, 4, 27, 41, 43, 48).
    fileprivate var isConfiguration: Bool {
        [35, 53, 54, 58, 59, 60, 64, 66, 67, 77, 80, 82, 83, 90, 91, 1, 2, 3, 4, 41, 43, 48].contains(code)
    }
}
