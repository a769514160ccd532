package import Council
package import Curl
import Foundation

/// Submits digests to OpenTimestamps calendars and fetches what became of them.
package struct CalendarClient: Sendable {
    private let http: HTTPClient
    private let randomness: Randomness
    private let calendars: [String]
    private let hosts: [String]

    /// `calendars` may be submitted to; these and `hosts` may be asked for upgrades.
    package init(http: HTTPClient, randomness: Randomness, calendars: [String], hosts: [String]) {
        self.http = http
        self.randomness = randomness
        self.calendars = calendars
        self.hosts = hosts
    }

    private static let headers = [HTTPClient.Header("Accept", "application/vnd.opentimestamps.v1")]

    /// A proof over the SHA-256 `digest`, still pending as a rule. What the calendar sees is the digest hidden behind a fresh
    /// 16-byte nonce, so that calendars can't tell who stamps the same file.
    package func submit(_ digest: ContentHash, to calendar: String) async throws(AnchorFault) -> OpenTimestamps.DetachedProof {
        let steps: [OpenTimestamps.Operation] = [.append(randomness.bytes(16)), .sha256]
        do {
            let commitment = try steps.reduce(digest.bytes) { message, step in try step(message) }
            let headers = Self.headers + [HTTPClient.Header("Content-Type", "application/x-www-form-urlencoded")]
            let answer = try await http.post(calendar + "/digest", headers: headers, body: commitment)
            guard answer.status == 200 else { throw AnchorFault("the calendar answered HTTP \(answer.status)") }
            let tree = try OpenTimestamps.Tree(parsing: answer.body, of: commitment)
            let proof = OpenTimestamps.DetachedProof(sha256: digest.bytes, tree: .init(through: steps, to: tree))
            return try Self.readable(proof)
        } catch {
            throw Self.fault(error)
        }
    }

    /// Asks each calendar that promised more. Returns the proof with all that was learnt; the same proof: nothing new yet.
    /// Throws what went wrong only where nothing was learnt.
    package func upgrade(_ proof: OpenTimestamps.DetachedProof) async throws(AnchorFault) -> OpenTimestamps.DetachedProof {
        var grown = proof
        var faults: [String] = []
        do {
            for attested in try proof.attested() {
                guard case .pending(let uri) = attested.attestation else { continue }
                do throws(AnchorFault) {
                    guard let tree = try await tree(of: attested.message, from: uri) else { continue }
                    var larger = grown
                    try Self.graft(tree, at: attested.message, into: &larger)
                    grown = larger
                } catch {
                    if error.scope == .cancellation { throw error }
                    faults.append(error.description)
                }
            }
        } catch {
            throw Self.fault(error)
        }
        guard grown != proof || faults.isEmpty else { throw AnchorFault(faults.joined(separator: "; "), .checkpoint) }
        return grown
    }

    /// What a calendar knows of a message; nil: still waiting for its block.
    private func tree(of message: [UInt8], from uri: String) async throws(AnchorFault) -> OpenTimestamps.Tree? {
        guard isTrusted(uri) else { throw AnchorFault("the proof refers to \(uri), which is no configured calendar") }
        let url = (uri.hasSuffix("/") ? String(uri.dropLast()) : uri) + "/timestamp/" + Hex.encode(message)
        do {
            let answer = try await http.get(url, headers: Self.headers)
            if answer.status == 404 { return nil }
            guard answer.status == 200 else { throw AnchorFault("\(uri) answered HTTP \(answer.status)") }
            return try OpenTimestamps.Tree(parsing: answer.body, of: message)
        } catch {
            throw Self.fault(error)
        }
    }

    private static func graft(
        _ tree: OpenTimestamps.Tree, at message: [UInt8], into proof: inout OpenTimestamps.DetachedProof
    ) throws(AnchorFault) {
        do throws(OpenTimestamps.Fault) {
            try proof.tree.graft(tree, at: message, from: proof.digest)
            proof = try readable(proof)
        } catch {
            throw fault(error)
        }
    }

    /// A pool may only refer us to calendars that the configuration names: what it answers must not choose whom we call.
    package func isTrusted(_ uri: String) -> Bool {
        guard let address = URLComponents(string: uri), let host = address.host?.lowercased() else { return false }
        let isConfigured = calendars.contains { calendar in
            let configured = URLComponents(string: calendar)
            return configured?.scheme == address.scheme && configured?.host?.lowercased() == host && configured?.port == address.port
        }
        return isConfigured || (address.scheme == "https" && hosts.contains { host == $0 || host.hasSuffix("." + $0) })
    }

    /// Merging can make a proof longer or deeper than readers take: such a one must not replace what we have.
    static func readable(_ proof: OpenTimestamps.DetachedProof) throws(OpenTimestamps.Fault) -> OpenTimestamps.DetachedProof {
        try OpenTimestamps.DetachedProof(parsing: proof.file)
    }

    private static func fault(_ error: any Error) -> AnchorFault {
        switch error {
        case let fault as AnchorFault: fault
        case let fault as HTTPFault: AnchorFault(http: fault)
        case let fault as OpenTimestamps.Fault: AnchorFault("the calendar's answer is no timestamp: \(fault)")
        default: AnchorFault(String(describing: error))
        }
    }
}
