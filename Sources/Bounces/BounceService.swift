package import Council
import Curl
import Foundation
package import Links
package import Logging
import ServiceLifecycle
package import Store

/// Reads the mailbox of returns and records what servers report of convocations.
///
/// A mail is marked as read after what it says is recorded, durably: a crash in between has it read again, and the storage knows it
/// by its digest. What is no report (absence messages, read receipts, other mail) is marked as read and left.
package struct BounceService: Service {
    /// Of one mail: reports come before the message that they return.
    static let readLimit = 262_144
    static let batch = 200

    private let source: any ReturnSource
    private let interval: Duration
    private let storage: any Storage
    private let keyring: @Sendable () -> LinkKeyring
    private let clock: WallClock
    private let logger: Logger

    package init(
        source: any ReturnSource, interval: Duration, storage: any Storage, keyring: @escaping @Sendable () -> LinkKeyring,
        clock: WallClock, logger: Logger
    ) {
        self.source = source
        self.interval = interval
        self.storage = storage
        self.keyring = keyring
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await readUntilCancelled()
            } onCancel: {
                source.abort()
            }
        }
    }

    private func readUntilCancelled() async {
        while !Task.isCancelled {
            do {
                try await readPending()
            } catch  where !Task.isCancelled {
                logger.error("the mailbox of returned mails can't be read; trying again", metadata: ["error": "\(error)"])
            } catch {
                return
            }
            // Cancelled by the shutdown: the loop's condition ends it.
            try? await Task.sleep(for: interval)
        }
    }

    /// Reads what is there; returns how many reports were recorded. A fault of the mailbox is thrown. A mail that can't be read or
    /// recorded is logged, stays unread, and holds up no other; after ten in a row it is more likely the storage or the mailbox that
    /// fails, and the pass ends.
    @discardableResult
    package func readPending() async throws -> Int {
        var recorded = 0
        var failures = 0
        for name in try await source.pending(limit: Self.batch) {
            try Task.checkCancellation()
            do {
                guard let bytes = try await source.read(name, limit: Self.readLimit) else { continue }
                recorded += try await take(bytes, name)
                try await source.finish(name)
                failures = 0
            } catch {
                failures += 1
                logger.error("a returned mail can't be recorded; it stays unread", metadata: ["mail": "\(name)", "error": "\(error)"])
                // Without its server, each further one would only wait for a time-out.
                if failures == 10 || Task.isCancelled || (error as? IMAPFault)?.kind == .connection { throw error }
            }
        }
        return recorded
    }

    private func take(_ bytes: [UInt8], _ name: String) async throws -> Int {
        let mail = ReturnedMail(bytes, keyring: keyring())
        guard case .report(let returned) = mail.verdict else {
            logger.info("a mail that is no report is left", metadata: ["mail": "\(name)"])
            return 0
        }
        if mail.signed == nil, let letter = mail.signedLetter { return try await take(returned, mail, of: letter, name) }
        var recorded = 0
        for report in try await reports(of: returned, mail, name) {
            let recording = try await storage.record(report)
            if case .recorded = recording { recorded += 1 }
            logger.log(
                level: report.action == .failed ? .warning : .info, "a server reports on a convocation",
                metadata: [
                    "convocation": "\(report.convocation)", "action": "\(report.action.rawValue)", "status": "\(report.status ?? "-")",
                    "signed": "\(report.isSigned)", "recording": "\(recording)",
                ])
        }
        return recorded
    }

    /// Of a letter only its failure is news: who has it, has had the convocation.
    private func take(_ returned: ReportedReturn, _ mail: ReturnedMail, of letter: LetterID, _ name: String) async throws -> Int {
        guard let report = returned.report(on: letter, digest: mail.digest, at: clock.now()) else {
            logger.info("a report on a letter that didn't fail is left", metadata: ["mail": "\(name)", "letter": "\(letter)"])
            return 0
        }
        let recording = try await storage.record(report)
        logger.warning(
            "a letter to a member came back",
            metadata: ["letter": "\(letter)", "status": "\(report.status ?? "-")", "recording": "\(recording)"])
        if case .recorded = recording { return 1 }
        return 0
    }

    private func reports(of returned: ReportedReturn, _ mail: ReturnedMail, _ name: String) async throws -> [DeliveryReport] {
        if let convocation = mail.signed {
            return returned.reports(on: convocation, digest: mail.digest, isSigned: true, at: clock.now())
        }
        // The original's number, and the very address that it went to: whoever has seen one such mail can write this.
        guard let messageID = returned.messageID, let original = try await storage.reportedMessage(messageID) else {
            logger.warning("a report on a mail that is not of this service is left", metadata: ["mail": "\(name)"])
            return []
        }
        guard let convocation = original.convocation else {
            if original.isLetter {
                logger.warning("an unsigned report on a letter to a member is left", metadata: ["mail": "\(name)"])
            } else {
                logger.error("a mail to the clerk came back: see relay and clerk.address", metadata: ["mail": "\(name)"])
            }
            return []
        }
        guard returned.names(original.recipient) else {
            logger.warning("an unsigned report names another address than the convocation's; it is left", metadata: ["mail": "\(name)"])
            return []
        }
        return returned.reports(on: convocation, digest: mail.digest, isSigned: false, at: clock.now()).filter { $0.action == .failed }
    }
}
