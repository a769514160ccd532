package import Council
package import Curl
import Foundation
package import Store

/// Hands messages to one relay through libcurl.
package final class CurlCourier: Courier {
    package let settings: RelaySettings
    package let address: String
    private let abortion = AbortFlag()
    private let pool: SMTPConnections
    /// Nil: no token is needed.
    private let tokens: AccessTokens?
    private let clock: WallClock

    /// - Parameter http: what tokens are asked with.
    package init(_ settings: RelaySettings, clock: WallClock, http: HTTPClient = HTTPClient()) {
        self.settings = settings
        address = settings.address
        self.clock = clock
        tokens = settings.issuer.map { AccessTokens($0, http: http) }
        pool = SMTPConnections(settings.relay, count: settings.connections, idle: settings.idleTimeout, abort: abortion)
    }

    package var connections: Int { settings.connections }

    package func abort() { abortion.raise() }

    package func send(
        _ message: OutgoingMessage, mayBegin: @escaping @Sendable () -> Bool, mayLeave: @escaping @Sendable () -> Bool
    ) async -> CourierAnswer? {
        let parcel: Parcel
        do { parcel = try Parcel(message) } catch {
            // It can never be sent as it is, to any relay.
            return CourierAnswer(.refused, reply: "not sent: \(error)")
        }
        var token: String?
        do { token = try await tokens?.current(at: clock.now()) } catch {
            let isConfiguration = (error as? TokenFault)?.isConfiguration ?? true
            return CourierAnswer(
                .deferred, reply: "\(error)", relayFault: isConfiguration ? .configuration : .unreachable,
                cause: .authentication)
        }
        let attempt = await pool.send(
            SMTPParcel(from: parcel.sender, to: parcel.recipient, parcel.bytes, token: token, envelopeID: message.messageID),
            mayBegin: mayBegin, mayLeave: mayLeave)
        guard let attempt else { return nil }
        let answer = CourierAnswer(judging: attempt, helloName: settings.relay.heloName)
        // It may have been revoked before its end: the next message gets a new one.
        if let token, answer.relayFault == .configuration { await tokens?.discard(token) }
        return answer
    }

    /// A message in the forms that libcurl may be given.
    private struct Parcel {
        let sender: EnvelopeAddress
        let recipient: EnvelopeAddress
        let bytes: MailBytes

        init(_ message: OutgoingMessage) throws {
            sender = try EnvelopeAddress(checking: message.envelopeSender.description)
            recipient = try EnvelopeAddress(checking: message.recipient.description)
            bytes = try MailBytes(checking: message.bytes)
        }
    }
}
