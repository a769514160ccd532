package import Logging
import Synchronization

/// What was logged, to be looked at.
package final class RecordedLog: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])

    package init() {}

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    package var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    package var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    package func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    package var lines: [String] { kept.withLock { $0 } }
    package func lines(_ level: Logger.Level) -> [String] { lines.filter { $0.hasPrefix("\(level) ") } }
    package var logger: Logger { Logger(label: "test") { _ in self } }
}
