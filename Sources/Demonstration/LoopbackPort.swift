import Council
import Foundation
import Gateway

#if canImport(Glibc)
    import Glibc
#endif

/// Ports of this machine.
package enum LoopbackPort {
    /// One that nothing listens on at this moment.
    package static func free() throws -> Int {
        guard let port = bound(to: 0) else {
            throw StoryFault(Bilingual("aucun port libre sur 127.0.0.1", "no free port on 127.0.0.1"))
        }
        return port
    }

    /// The first of `ports` that nothing listens on.
    package static func firstFree(of ports: some Sequence<Int>) -> Int? { ports.first { bound(to: $0) != nil } }

    private static func bound(to port: Int) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
