import Foundation
import Synchronization

/// Blocking TCP sockets on 127.0.0.1, for the tests' own servers.
package enum Loopback {
    package struct Fault: Error, CustomStringConvertible {
        package let call: String
        package let number: Int32
        package var description: String { "\(call): \(String(cString: strerror(number)))" }
    }

    /// A listening socket and its port; `port` 0 lets the system choose.
    package static func listen(port: Int = 0) throws -> (socket: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Fault(call: "socket", number: errno) }
        do {
            try bindAndListen(descriptor, port)
            return (descriptor, try boundPort(descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Ports that were free a moment ago, for programs that can't choose by themselves. They lie below the range from which the
    /// system gives ports to outgoing connections, so that none of those takes one while a killed program is started again.
    package static func freePorts(_ count: Int) throws -> [Int] {
        try given.withLock { given in
            var ports: [Int] = []
            var refused: any Error = Fault(call: "bind", number: EADDRINUSE)
            for _ in 0..<1_000 where ports.count < count {
                let port = Int.random(in: 10_000..<32_768)
                guard !given.contains(port) else { continue }
                do { close(try listen(port: port).socket) } catch {
                    refused = error
                    continue
                }
                given.insert(port)
                ports.append(port)
            }
            guard ports.count == count else { throw refused }
            return ports
        }
    }

    /// Ports given so far by this process: a program may not yet listen on its own.
    private static let given = Mutex<Set<Int>>([])

    /// Whether something accepts connections there.
    package static func answers(on port: Int) -> Bool { connected(to: port) { _ in true } ?? false }

    /// The first bytes that a server says there, within `seconds`; nil: it says nothing. A server whose system accepts for it may
    /// itself be stuck.
    package static func greeting(on port: Int, seconds: Int = 5) -> String? {
        connected(to: port) { descriptor in
            var patience = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            return receive(from: descriptor).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// With a connection of its own; nil: nothing accepts there, or `body` says so.
    private static func connected<Result>(to port: Int, _ body: (Int32) -> Result?) -> Result? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withAddress(port) { connect(descriptor, $0, $1) } == 0 ? body(descriptor) : nil
    }

    /// False: the other side is gone.
    package static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Waits for bytes; nil: closed.
    package static func receive(from descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    /// Shut down as well as closed: a program started meanwhile may have inherited the descriptor.
    package static func end(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func bindAndListen(_ descriptor: Int32, _ port: Int) throws {
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withAddress(port, { bind(descriptor, $0, $1) }) == 0 else { throw Fault(call: "bind", number: errno) }
        guard Foundation.listen(descriptor, 128) == 0 else { throw Fault(call: "listen", number: errno) }
    }

    private static func boundPort(_ descriptor: Int32) throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw Fault(call: "getsockname", number: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}

/// Waits for something that other processes or threads bring about; false when it didn't within the time.
package func eventually(within limit: Duration = .seconds(60), _ holds: () throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try holds() { return true }
        do { try await Task.sleep(for: .milliseconds(20)) } catch { return false }
    }
    return try holds()
}
