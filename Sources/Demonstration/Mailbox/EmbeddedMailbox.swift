package import Council
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A relay and mailbox in one, for the demonstration: an SMTP server on loopback that delivers nowhere and keeps what it
/// takes in memory, to be looked at in the browser (`MailboxPages`).
package struct EmbeddedMailbox: Service {
    /// Where it listens, on 127.0.0.1.
    package let port: Int
    package let shelf: MailShelf

    private let channel: any Channel
    private let logger: Logger

    /// Binds the port (0: any free one), so that its number is known before anything runs. It answers from now on.
    package static func open(
        port: Int = 0, shelf: MailShelf = MailShelf(), clock: WallClock, logger: Logger
    ) async throws -> EmbeddedMailbox {
        try await open(port: port, shelf: shelf, limits: SMTPSession.Limits(), clock: clock, logger: logger)
    }

    /// The same with a message limit of one's own, in octets.
    package static func open(
        messageLimit: Int, shelf: MailShelf = MailShelf(), clock: WallClock, logger: Logger
    ) async throws -> EmbeddedMailbox {
        var limits = SMTPSession.Limits()
        limits.messageSize = messageLimit
        return try await open(port: 0, shelf: shelf, limits: limits, clock: clock, logger: logger)
    }

    private static func open(
        port: Int, shelf: MailShelf, limits: SMTPSession.Limits, clock: WallClock, logger: Logger
    ) async throws -> EmbeddedMailbox {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: .minutes(5)))
                    try channel.pipeline.syncOperations.addHandler(
                        SMTPHandler(session: SMTPSession(limits: limits), shelf: shelf, clock: clock))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return EmbeddedMailbox(port: channel.localAddress?.port ?? port, shelf: shelf, channel: channel, logger: logger)
    }

    private init(port: Int, shelf: MailShelf, channel: any Channel, logger: Logger) {
        self.port = port
        self.shelf = shelf
        self.channel = channel
        self.logger = logger
    }

    /// Serves until shutdown or cancellation.
    package func run() async throws {
        logger.info("demonstration mailbox listens", metadata: ["smtp": "127.0.0.1:\(port)"])
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // Stopped the short way: the same end.
        }
        try await close()
    }

    /// Stops listening, for whoever opened it without running it.
    package func close() async throws {
        do {
            try await channel.close()
        } catch ChannelError.alreadyClosed {
            // Closed is what was wanted.
        }
    }
}

/// Feeds one connection's bytes to its session and sends the answers, on the connection's event loop.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var session: SMTPSession
    private let shelf: MailShelf
    private let clock: WallClock

    init(session: SMTPSession, shelf: MailShelf, clock: WallClock) {
        self.session = session
        self.shelf = shelf
        self.clock = clock
    }

    func channelActive(context: ChannelHandlerContext) {
        send(SMTPSession.greeting, context)
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let events = session.receive(unwrapInboundIn(data).readableBytesView)
        for event in events {
            switch event {
            case .reply(let text): send(text, context)
            case .message(let envelope, let bytes):
                let mail = shelf.keep(sender: envelope.sender, recipients: envelope.recipients, bytes: bytes, at: clock.now())
                send("250 2.0.0 Ok: queued as \(mail.queueID)\r\n", context)
            case .close:
                context.flush()
                context.close(promise: nil)
                return
            }
        }
        context.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            send("421 4.4.2 \(SMTPSession.hostName) Idle too long\r\n", context)
            context.flush()
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that vanished: nothing of it is kept but whole messages.
        context.close(promise: nil)
    }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
    }
}
