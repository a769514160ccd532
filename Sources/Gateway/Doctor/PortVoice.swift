import Curl
import Foundation

/// What answers at a port where no relay does: its first line, before it is spoken to or after it was asked for a web page.
///
/// libcurl waits for a whole SMTP reply and keeps nothing of what comes in its place.
enum PortVoice: Hashable, Sendable {
    case unreachable
    /// Connected, and not a word within the time.
    case silent
    /// It hung up without a word.
    case closed
    case line(String)

    /// Blocks a thread of its own, for about `patience` at most.
    static func listen(at host: String, _ port: Int, patience: Duration) async -> PortVoice {
        await HandleThreads<Int>(count: 1, name: "voice", idle: .seconds(1)).run { _ in
            let end = ContinuousClock.now + patience
            guard let descriptor = connection(to: host, port, until: end) else { return .unreachable }
            defer { close(descriptor) }
            let first = line(descriptor, until: ContinuousClock.now + patience / 2)
            guard first == .silent else { return first }
            // A web server waits to be asked.
            let question = Array("HEAD / HTTP/1.0\r\n\r\n".utf8)
            guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return .silent }
            let answer = line(descriptor, until: end)
            // Whoever hangs up on a question that it doesn't understand said nothing to the point.
            return answer == .closed ? .silent : answer
        }
    }

    private static func connection(to host: String, _ port: Int, until end: ContinuousClock.Instant) -> Int32? {
        var wanted = addrinfo()
        wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &wanted, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        for address in sequence(first: list, next: { $0?.pointee.ai_next }).prefix(while: { $0 != nil }).compactMap({ $0?.pointee }) {
            let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            let descriptor = socket(address.ai_family, kind, address.ai_protocol)
            guard descriptor >= 0 else { continue }
            var fault: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0
                || (errno == EINPROGRESS && waits(descriptor, for: POLLOUT, until: end)
                    && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0)
            {
                return descriptor
            }
            close(descriptor)
        }
        return nil
    }

    /// Its first line, or what came of it until then.
    private static func line(_ descriptor: Int32, until end: ContinuousClock.Instant) -> PortVoice {
        var bytes: [UInt8] = []
        while bytes.count < 512, !bytes.contains(0x0A) {
            guard waits(descriptor, for: POLLIN, until: end) else { break }
            var more = [UInt8](repeating: 0, count: 512)
            let count = recv(descriptor, &more, more.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else {
                if bytes.isEmpty { return .closed }
                break
            }
            bytes += more[..<count]
        }
        // A TLS alert: it waits for TLS, and has nothing to say in clear.
        if bytes.starts(with: [0x15, 0x03]) { return .silent }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        return bytes.isEmpty ? .silent : .line(String(decoding: line.prefix(120), as: UTF8.self))
    }

    private static func waits(_ descriptor: Int32, for event: Int32, until end: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
            guard left > 0 else { return false }
            var look = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let count = poll(&look, 1, Int32(min(left.rounded(.up), 60_000)))
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }

    /// What speaks so; nil: a line of SMTP, of which libcurl could tell more.
    static func speaker(_ line: String) -> (french: String, english: String)? {
        if line.hasPrefix("SSH-") { return ("un serveur SSH", "an SSH server") }
        if line.hasPrefix("HTTP/") || line.hasPrefix("<") { return ("un serveur web", "a web server") }
        if line.hasPrefix("* ") { return ("un serveur IMAP", "an IMAP server") }
        if line.hasPrefix("+OK") { return ("un serveur POP3", "a POP3 server") }
        let digits = line.utf8.prefix(3)
        let isReply = digits.count == 3 && digits.allSatisfy { (0x30...0x39).contains($0) }
        return isReply ? nil : ("autre chose qu'un relais", "something other than a relay")
    }
}
