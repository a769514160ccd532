import CResolv
import Council
import Curl
import Foundation

/// DNS, as the C library does it on this machine. Each question blocks a thread of its own.
struct NameService: Sendable {
    enum Kind: Sendable {
        case txt
        case mx

        var number: Int32 { Int32(self == .txt ? cresolv_txt : cresolv_mx) }
    }

    enum Answer: Hashable, Sendable {
        case records([String])
        /// No such name, or none of this kind: for who asks it is the same.
        case none
        /// No server answered, or not rightly.
        case fault(Bilingual)

        var list: [String] { if case .records(let list) = self { list } else { [] } }
    }

    private let threads = HandleThreads<Int>(count: 8, name: "dns", idle: .seconds(1))
    /// For each server that resolv.conf names.
    let seconds: Int

    func ask(_ name: String, _ kind: Kind) async -> Answer {
        let seconds = seconds
        return await threads.run { _ in Self.ask(name, kind, seconds) }
    }

    private static func ask(_ name: String, _ kind: Kind, _ seconds: Int) -> Answer {
        var answer = [UInt8](repeating: 0, count: 65_535)
        var fault: Int32 = 0
        let length = cresolv_ask(name, kind.number, Int32(clamping: seconds), &answer, Int32(answer.count), &fault)
        guard length >= 0 else {
            if fault == Int32(cresolv_none) { return .none }
            return .fault(
                fault == Int32(cresolv_unanswered)
                    ? Bilingual("aucun serveur DNS ne répond", "no DNS server answers")
                    : Bilingual("le serveur DNS refuse de répondre", "the DNS server refuses to answer"))
        }
        let count = cresolv_count(answer, length)
        guard count >= 0 else { return .fault(Bilingual("réponse DNS illisible", "unreadable DNS answer")) }
        let records = (0..<count).compactMap { index -> String? in
            var text = [UInt8](repeating: 0, count: 65_535)
            let size = text.withUnsafeMutableBytes { text in
                cresolv_record(answer, length, index, kind.number, text.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(text.count))
            }
            return size < 0 ? nil : String(decoding: text.prefix(Int(size)), as: UTF8.self)
        }
        return records.isEmpty ? .none : .records(records)
    }

    /// The addresses of a host, by all that this machine is told to ask (`/etc/hosts`, DNS).
    func addresses(of host: String) async -> Answer {
        await threads.run { _ in
            var wanted = addrinfo()
            wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, nil, &wanted, &list)
            guard code == 0 else {
                return code == EAI_AGAIN
                    ? .fault(Bilingual("aucun serveur DNS ne répond", "no DNS server answers")) : .none
            }
            defer { freeaddrinfo(list) }
            var found: [String] = []
            var next = list
            while let entry = next {
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                let size = entry.pointee.ai_addrlen
                if getnameinfo(entry.pointee.ai_addr, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                    let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    if !found.contains(address) { found.append(address) }
                }
                next = entry.pointee.ai_next
            }
            return found.isEmpty ? .none : .records(found)
        }
    }
}

/// An IPv4 or IPv6 address, as bytes that can be compared with a network's.
struct NetworkAddress: Hashable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]

    init?(_ text: some StringProtocol) {
        // A link-local address may carry its interface behind a %.
        let text = String(text.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
        guard inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        self.bytes = bytes
    }

    func isIn(_ network: NetworkAddress, _ bits: Int) -> Bool {
        guard network.bytes.count == bytes.count, (0...bytes.count * 8).contains(bits) else { return false }
        return bytes.indices.allSatisfy { index in
            let kept = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> kept)
            return bytes[index] & mask == network.bytes[index] & mask
        }
    }

    private static let closed: [(String, Int)] = [
        ("127.0.0.0", 8), ("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("169.254.0.0", 16), ("100.64.0.0", 10),
        ("0.0.0.0", 8), ("::1", 128), ("::", 128), ("fc00::", 7), ("fe80::", 10),
    ]

    /// Loopback, private (RFC 1918, RFC 4193), link-local or shared: nobody outside reaches it.
    var isInside: Bool {
        let own = bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
        let address = own ? NetworkAddress(bytes: Array(bytes.suffix(4))) : self
        return Self.closed.contains { text, bits in NetworkAddress(text).map { address.isIn($0, bits) } ?? false }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }
}
