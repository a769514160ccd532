import Foundation

/// A message as Postfix put it into the mailbox.
package struct DeliveredMessage: Hashable, Sendable {
    /// The whole file, with LF line ends and Postfix's own headers.
    package let file: [UInt8]
    /// Of the envelope.
    package let sender: String
    package let recipient: String
    /// The message as it was handed over: CRLF, without the headers that Postfix put before it.
    package let bytes: [UInt8]

    init(file: [UInt8]) {
        self.file = file
        var lines = file.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        var trace: [String] = []
        let added = ["return-path:", "x-original-to:", "delivered-to:", "received:"]
        while let line = lines.first {
            let text = String(decoding: line, as: UTF8.self)
            let isContinuation = !trace.isEmpty && (text.hasPrefix(" ") || text.hasPrefix("\t"))
            guard isContinuation || added.contains(where: { text.lowercased().hasPrefix($0) }) else { break }
            trace.append(text)
            lines = lines.dropFirst()
        }
        sender = Self.value("Return-Path", trace)
        recipient = Self.value("X-Original-To", trace)
        bytes = Array(lines.joined(separator: [0x0D, 0x0A]))
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func value(_ name: String, _ trace: [String]) -> String {
        let line = trace.first { $0.lowercased().hasPrefix(name.lowercased() + ":") } ?? ""
        return line.dropFirst(name.count + 1).trimmingCharacters(in: CharacterSet(charactersIn: " <>"))
    }
}
