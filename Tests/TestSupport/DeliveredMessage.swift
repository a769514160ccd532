import Foundation

/// A message as a relay of the tests put it into a Maildir.
package struct DeliveredMessage: Hashable, Sendable {
    /// The whole file, with LF line ends and the relay's own headers.
    package let file: [UInt8]
    /// Of the envelope.
    package let sender: String
    package let recipient: String
    /// The message as it was handed over: CRLF, without the headers that the relay put before it.
    package let bytes: [UInt8]

    init(file: [UInt8]) {
        self.file = file
        var lines = file.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        var trace: [String] = []
        let added = ["return-path:", "x-original-to:", "delivered-to:", "received:", "envelope-to:"]
        while let line = lines.first {
            let text = String(decoding: line, as: UTF8.self)
            let isContinuation = !trace.isEmpty && (text.hasPrefix(" ") || text.hasPrefix("\t"))
            guard isContinuation || added.contains(where: { text.lowercased().hasPrefix($0) }) else { break }
            trace.append(text)
            lines = lines.dropFirst()
        }
        sender = Self.value("Return-Path", trace)
        let original = Self.value("X-Original-To", trace)
        recipient = original.isEmpty ? Self.value("Envelope-to", trace) : original
        bytes = Array(lines.joined(separator: [0x0D, 0x0A]))
    }

    /// The messages of a Maildir's `new`, in the order of delivery; none where the folder isn't there yet.
    static func all(in new: URL) throws -> [DeliveredMessage] {
        guard FileManager.default.fileExists(atPath: new.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: new.path).sorted().map { name in
            DeliveredMessage(file: Array(try Data(contentsOf: new.appendingPathComponent(name))))
        }
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func value(_ name: String, _ trace: [String]) -> String {
        let line = trace.first { $0.lowercased().hasPrefix(name.lowercased() + ":") } ?? ""
        return line.dropFirst(name.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: " <>"))
    }
}
