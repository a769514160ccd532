package import Foundation
import Synchronization

/// One message as it came over SMTP.
package struct ReceivedMail: Sendable, Identifiable {
    /// 1, 2, 3… in order of arrival; also the queue id that the sender was told, see `queueID`.
    package let id: Int
    package let sender: String
    package let recipients: [String]
    package let receivedAt: Date
    /// As sent, dots unstuffed.
    package let bytes: [UInt8]

    package var queueID: String { Self.queueID(id) }

    static func queueID(_ id: Int) -> String { "DEMO" + String(repeating: "0", count: max(0, 6 - String(id).count)) + String(id) }
}

/// The messages that the embedded mailbox holds, in memory only. Bounded: beyond its limits the oldest go.
///
/// A lock and not an actor, because the SMTP handler must answer on its event loop, in order, without suspending
/// between a message and the next pipelined command.
package final class MailShelf: Sendable {
    private struct Contents {
        var mails: [ReceivedMail] = []
        var size = 0
        var next = 1
        var watchers: [Int: AsyncStream<ReceivedMail>.Continuation] = [:]
        var nextWatcher = 1
    }

    private let limitCount: Int
    private let limitSize: Int
    private let contents = Mutex(Contents())

    /// - Parameters:
    ///   - count: messages kept at most.
    ///   - size: their octets together, at most (the newest message stays whatever its size).
    package init(count: Int = 5000, size: Int = 256 << 20) {
        limitCount = count
        limitSize = size
    }

    @discardableResult
    package func keep(sender: String, recipients: [String], bytes: [UInt8], at now: Date) -> ReceivedMail {
        contents.withLock { contents in
            let mail = ReceivedMail(id: contents.next, sender: sender, recipients: recipients, receivedAt: now, bytes: bytes)
            contents.next += 1
            contents.mails.append(mail)
            contents.size += bytes.count
            var drop = 0
            while contents.mails.count - drop > 1, contents.mails.count - drop > limitCount || contents.size > limitSize {
                contents.size -= contents.mails[drop].bytes.count
                drop += 1
            }
            contents.mails.removeFirst(drop)
            for watcher in contents.watchers.values { watcher.yield(mail) }
            return mail
        }
    }

    /// In order of arrival.
    package var all: [ReceivedMail] { contents.withLock { $0.mails } }

    package func mail(_ id: Int) -> ReceivedMail? { contents.withLock { $0.mails.first { $0.id == id } } }

    /// Every message: those already here, then each new one as it comes. Ends when the task that reads it is cancelled.
    package func arrivals() -> AsyncStream<ReceivedMail> {
        AsyncStream { continuation in
            let watcher = contents.withLock { contents in
                for mail in contents.mails { continuation.yield(mail) }
                let number = contents.nextWatcher
                contents.nextWatcher += 1
                contents.watchers[number] = continuation
                return number
            }
            continuation.onTermination = { [weak self] _ in
                self?.contents.withLock { _ = $0.watchers.removeValue(forKey: watcher) }
            }
        }
    }
}
