import Foundation
import Logging
import Store

/// What people learn of a relay that takes nothing, and of its end.
extension DeliveryPass {
    func tell(_ change: RelayHealth.Change, at now: Date) async {
        let address = courier.address
        switch change {
        case .resumed:
            logger.notice("the relay takes messages again", metadata: ["relay": "\(address)"])
            await keep { try await storage.endTroubles(of: address, at: now) }
        case .paused(let pause):
            let level: Logger.Level = pause.fault == .configuration ? .error : .warning
            logger.log(
                level: level, "the relay is left in peace: \(pause.fault.advice)",
                metadata: [
                    "relay": "\(address)", "fault": "\(pause.fault.rawValue)", "reply": "\(pause.reply)",
                    "until": "\(pause.until.ISO8601Format())",
                ])
            guard pause.isLasting else { return }
            // By mail only where another relay takes it; otherwise this line, `doctor` and `sittings status` are all there is.
            let canBeTold = relays.restUntil(at: now) == nil
            if !canBeTold {
                logger.error(
                    "no relay takes messages, so nobody can be told by mail: mend the relay, or serve on paper before the last lawful moment",
                    metadata: ["relay": "\(address)", "cause": "\(pause.cause.rawValue)", "since": "\(pause.since.ISO8601Format())"])
            }
            await keep {
                try await storage.noteTrouble(
                    relay: address, cause: pause.cause, reply: pause.reply, since: pause.since, canBeTold: canBeTold, at: now)
            }
        }
    }

    /// Telling is worth less than sending: what can't be kept is logged, and comes again with the next pause.
    private func keep(_ work: () async throws -> Void) async {
        do { try await work() } catch {
            logger.error("what the relay does can't be recorded", metadata: ["relay": "\(courier.address)", "error": "\(error)"])
        }
    }
}
