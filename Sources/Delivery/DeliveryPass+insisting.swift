import Council
import Curl
import Foundation
import Logging
import Store

/// Mails to the clerk that a relay refuses for good: a full mailbox is emptied, a filter is mended, another relay may think otherwise. A
/// member whose message is refused is named to the clerk; of the clerk's own, nobody would learn.
extension DeliveryPass {
    /// The other relays are asked at once, each as far as it is fit and its limits let it. Where all refuse, it is tried again until
    /// `RefusedMail.patience` is over.
    func insist(_ leased: LeasedMessage, _ refusal: CourierAnswer) async -> Delivered {
        for other in relays.lines.indices where other != index && !stop.isRaised {
            let now = clock.now()
            let pass = DeliveryPass(
                storage: storage, relays: relays, policy: policy, backoff: backoff, stop: stop, clock: clock, logger: logger, begun: begun,
                index: other)
            guard pass.line.restsUntil(at: now) == nil,
                pass.line.limiter.take(leased.message.recipient.domain.lowercased(), at: now) == nil
            else { continue }
            guard let answer = await pass.handOver(leased), answer.verdict == .accepted || answer.verdict == .unknown else { continue }
            return Delivered(outcome: pass.outcome(of: answer, leased, at: clock.now()), verdict: answer.verdict)
        }
        let now = clock.now()
        let isOver = now >= leased.firstAttemptAt + RefusedMail.patience
        let retry = backoff.insistently(after: leased.attempt, at: now)
        logger.error(
            isOver
                ? "a mail to the clerk was refused for two days and is given up: nobody has read what it says"
                : "a mail to the clerk is refused; it is tried again",
            metadata: [
                "message": "\(leased.id)", "kind": "\(leased.message.kind.rawValue)", "to": "\(leased.message.recipient)",
                "relay": "\(courier.address)", "reply": "\(refusal.reply)", "again": "\(isOver ? "never" : retry.ISO8601Format())",
            ])
        return Delivered(
            outcome: DeliveryOutcome(
                id: leased.id, attempt: leased.attempt, result: isOver ? .refused : .deferred(retryAt: retry), reply: refusal.reply,
                queueID: nil, relay: courier.address, transport: refusal.transport, isTurnedAway: !isOver, at: now),
            verdict: .refused)
    }
}
