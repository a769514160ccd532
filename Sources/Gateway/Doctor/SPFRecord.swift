import Foundation

/// Who may send for a domain (RFC 7208): asked of DNS, and judged for one address.
struct SPFJudge: Sendable {
    enum Verdict: Hashable, Sendable {
        case pass
        case fail
        case softFail
        case neutral
        /// The domain has no record.
        case none
        /// The record, or one that it refers to, is wrong: receivers treat it as refused or as not there.
        case wrong(Mistake)
        /// DNS failed.
        case unknown
        /// It depends on what only a message tells (macros, §7).
        case perMessage
    }

    enum Mistake: Hashable, Sendable {
        /// Of one domain.
        case several(String)
        /// More than ten terms that ask DNS (§4.6.4).
        case tooManyLookups
        case term(String)
        /// `include` or `redirect` to a domain without record.
        case missing(String)
    }

    let names: NameService

    /// The record that stands for a domain.
    static func records(in texts: [String]) -> [String] {
        texts.filter { $0.lowercased() == "v=spf1" || $0.lowercased().hasPrefix("v=spf1 ") }
    }

    /// Each term's lookups count, also those of records that are included.
    func judge(_ address: NetworkAddress, for domain: String) async -> Verdict {
        var lookups = 0
        return await judge(address, domain, &lookups)
    }

    private func judge(_ address: NetworkAddress, _ domain: String, _ lookups: inout Int) async -> Verdict {
        let answer = await names.ask(domain, .txt)
        if case .fault = answer { return .unknown }
        let records = Self.records(in: answer.list)
        guard let record = records.first else { return .none }
        guard records.count == 1 else { return .wrong(.several(domain)) }
        var redirect: String?
        for word in record.split(separator: " ").dropFirst() {
            let text = String(word)
            if let target = Self.modifier(text, "redirect") {
                redirect = target
                continue
            }
            // Other modifiers, such as exp=, decide nothing.
            if let equals = text.firstIndex(of: "="), !text[..<equals].contains(where: { ":/".contains($0) }) { continue }
            let mechanism = Mechanism(text)
            let isHit: Bool
            switch await matches(mechanism, address, domain, &lookups) {
            case .failure(let verdict): return verdict.verdict
            case .success(let hit): isHit = hit
            }
            if lookups > 10 { return .wrong(.tooManyLookups) }
            if isHit { return mechanism.verdict }
        }
        guard let redirect else { return .neutral }
        if redirect.contains("%") { return .perMessage }
        lookups += 1
        if lookups > 10 { return .wrong(.tooManyLookups) }
        let verdict = await judge(address, redirect, &lookups)
        return verdict == .none ? .wrong(.missing(redirect)) : verdict
    }

    private struct Stop: Error { let verdict: Verdict }

    private func matches(
        _ mechanism: Mechanism, _ address: NetworkAddress, _ domain: String, _ lookups: inout Int
    ) async -> Result<Bool, Stop> {
        let target = mechanism.domain.isEmpty ? domain : mechanism.domain
        if target.contains("%") || mechanism.name == "exists" { return .failure(Stop(verdict: .perMessage)) }
        switch mechanism.name {
        case "all": return .success(true)
        case "ip4", "ip6":
            let network = NetworkAddress(mechanism.domain)
            guard let network, network.bytes.count == (mechanism.name == "ip4" ? 4 : 16), mechanism.bits(of: network) != nil else {
                return .failure(Stop(verdict: .wrong(.term(mechanism.text))))
            }
            return .success(address.isIn(network, mechanism.bits(of: network) ?? 0))
        case "a":
            lookups += 1
            return await host(target, mechanism, address)
        case "mx":
            lookups += 1
            let answer = await names.ask(target, .mx)
            if case .fault = answer { return .failure(Stop(verdict: .unknown)) }
            for server in answer.list.prefix(10) {
                let result = await host(server, mechanism, address)
                if case .success(false) = result { continue }
                return result
            }
            return .success(false)
        case "include":
            lookups += 1
            guard lookups <= 10 else { return .success(false) }
            switch await judge(address, target, &lookups) {
            case .pass: return .success(true)
            case .none: return .failure(Stop(verdict: .wrong(.missing(target))))
            case .wrong(let mistake): return .failure(Stop(verdict: .wrong(mistake)))
            case .unknown: return .failure(Stop(verdict: .unknown))
            case .perMessage: return .failure(Stop(verdict: .perMessage))
            case .fail, .softFail, .neutral: return .success(false)
            }
        case "ptr":
            // Not to be used (§5.5), and never taken for a hit.
            lookups += 1
            return .success(false)
        default: return .failure(Stop(verdict: .wrong(.term(mechanism.text))))
        }
    }

    private func host(_ name: String, _ mechanism: Mechanism, _ address: NetworkAddress) async -> Result<Bool, Stop> {
        let answer = await names.addresses(of: name)
        if case .fault = answer { return .failure(Stop(verdict: .unknown)) }
        return .success(
            answer.list.compactMap { NetworkAddress($0) }.contains { network in
                mechanism.bits(of: network).map { address.isIn(network, $0) } ?? false
            })
    }

    private static func modifier(_ text: String, _ name: String) -> String? {
        text.lowercased().hasPrefix(name + "=") ? String(text.dropFirst(name.count + 1)) : nil
    }

    /// `-include:example.com`, `ip4:192.0.2.0/24`, `a/24//64`.
    private struct Mechanism {
        let text: String
        let name: String
        /// What stands behind the colon, without the prefix lengths.
        let domain: String
        private let prefix4: String?
        private let prefix6: String?
        let verdict: Verdict

        init(_ text: String) {
            self.text = text
            var rest = text[...]
            verdict =
                switch rest.first {
                case "-": .fail
                case "~": .softFail
                case "?": .neutral
                default: .pass
                }
            if let sign = rest.first, "+-~?".contains(sign) { rest = rest.dropFirst() }
            let end = rest.firstIndex { $0 == ":" || $0 == "/" } ?? rest.endIndex
            name = rest[..<end].lowercased()
            rest = rest[end...]
            if rest.first == ":" { rest = rest.dropFirst() }
            let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
            domain = parts.first.map { String($0) } ?? ""
            prefix4 = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : nil
            prefix6 = parts.count > 3 && parts[2].isEmpty ? String(parts[3]) : parts.count == 3 && parts[1].isEmpty ? String(parts[2]) : nil
        }

        /// Nil: not a prefix length.
        func bits(of network: NetworkAddress) -> Int? {
            let all = network.bytes.count * 8
            let given = network.bytes.count == 4 || name == "ip6" ? prefix4 : prefix6
            guard let given else { return all }
            return Int(given).flatMap { (0...all).contains($0) ? $0 : nil }
        }
    }
}
