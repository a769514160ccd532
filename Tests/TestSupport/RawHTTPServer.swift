import Foundation
import Synchronization

/// Answers each connection's one request with canned bytes, and keeps what it was asked. The connection closes afterwards.
package final class RawHTTPServer: Sendable {
    package struct Request: Sendable {
        /// Request line and headers, up to and with the empty line.
        package let head: String
        package let body: [UInt8]
    }

    /// The request's head → the whole answer; nil: never answers.
    package typealias Manner = @Sendable (String) -> String?

    package let port: Int
    private let listener: Int32
    private let asked = Mutex<[Request]>([])

    package init(_ manner: @escaping Manner) throws {
        (listener, port) = try Loopback.listen()
        let listener = listener
        Thread.detachNewThread { [self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { break }
                Thread.detachNewThread {
                    self.serve(socket, manner)
                    Loopback.end(socket)
                }
            }
            close(listener)
        }
    }

    package var requests: [Request] { asked.withLock { $0 } }
    package var url: String { "http://127.0.0.1:\(port)" }

    package func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ socket: Int32, _ manner: Manner) {
        guard let request = Self.read(from: socket) else { return }
        asked.withLock { $0.append(request) }
        if let answer = manner(request.head) {
            _ = Loopback.send(Array(answer.utf8), to: socket)
        } else {
            while Loopback.receive(from: socket) != nil {}
        }
    }

    private static func read(from socket: Int32) -> Request? {
        var bytes: [UInt8] = []
        var end: Int?
        while end == nil {
            guard let more = Loopback.receive(from: socket) else { return nil }
            bytes += more
            end = bytes.indices.dropLast(3).first { bytes[$0...].starts(with: [13, 10, 13, 10]) }.map { $0 + 4 }
        }
        guard let end else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let length = head.range(of: "Content-Length: ").flatMap { Int(head[$0.upperBound...].prefix { $0.isNumber }) } ?? 0
        while bytes.count < end + length {
            guard let more = Loopback.receive(from: socket) else { return nil }
            bytes += more
        }
        return Request(head: head, body: Array(bytes[end...]))
    }
}
