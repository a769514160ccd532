import Council
import Curl
package import Store

/// Hands messages to one relay through libcurl, each connection on a thread of its own.
package final class CurlCourier: Courier {
    package let settings: RelaySettings
    private let abortion = AbortFlag()
    private let threads: HandleThreads<SMTPConnection>

    package init(_ settings: RelaySettings) {
        self.settings = settings
        threads = HandleThreads(count: settings.connections, name: "smtp", idle: settings.idleTimeout)
    }

    package var connections: Int { settings.connections }
    package var address: String { settings.address }

    package func abort() { abortion.raise() }

    package func send(_ message: OutgoingMessage, mayLeave: @escaping @Sendable () -> Bool) async -> CourierAnswer {
        let parcel: Parcel
        do { parcel = try Parcel(message) } catch {
            // It can never be sent as it is, to any relay.
            return CourierAnswer(.refused, reply: "not sent: \(error)")
        }
        let (relay, abortion) = (settings.relay, abortion)
        return await threads.run { connection in
            do throws(CurlFault) {
                var current = if let open = connection.take() { open } else { try SMTPConnection(relay, abort: abortion) }
                let attempt = current.send(from: parcel.sender, to: parcel.recipient, parcel.bytes, mayLeave: mayLeave)
                connection = consume current
                return CourierAnswer(judging: attempt)
            } catch {
                return CourierAnswer(judging: SMTPAttempt(notStarted: error))
            }
        }
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
