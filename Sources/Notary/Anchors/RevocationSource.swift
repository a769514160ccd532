import Curl
import Foundation
import OpenSSL

/// Gets revocation lists from where certificates say they are. A list serves all tokens of its authority for an hour; a source that
/// failed isn't waited for by each of them.
actor RevocationSource {
    private let http: HTTPClient
    private let patience: AnchorSettings.Patience
    private var known: [String: (list: RevocationList, at: Date)] = [:]
    private var resting: [String: (failures: Int, until: Date, fault: String)] = [:]

    private static let kept: TimeInterval = 3600

    /// `client`'s proxy and certificates, with room for a list, and without waiting long. Redirects aren't followed.
    init(like client: HTTPClient, patience: AnchorSettings.Patience) {
        var settings = client.settings
        settings.answerLimit = RevocationList.longest
        settings.timeout = min(settings.timeout, .seconds(30))
        settings.threads = 1
        http = HTTPClient(settings)
        self.patience = patience
    }

    /// A list about `certificate` that its issuer signed and that speaks of `time`, from the first of its addresses that gives one.
    func list(about certificate: Certificate, of issuer: Certificate, at time: Date, now: Date) async throws(AnchorFault) -> RevocationList
    {
        var faults: [String] = []
        for address in certificate.revocationAddresses.prefix(4) {
            do throws(AnchorFault) {
                return try await list(at: address, now: now) { list in
                    do throws(OpenSSLError) {
                        guard try list.isAbout(certificate, of: issuer) else {
                            return "it is not signed by “\(issuer.subject)”, or not whole"
                        }
                    } catch {
                        return error.description
                    }
                    return list.covers(time) ? nil : "it had ended before the timestamp's time"
                }
            } catch {
                if error.scope == .cancellation { throw error }
                faults.append("\(address): \(error)")
            }
        }
        throw AnchorFault("no revocation list: " + faults.joined(separator: "; "))
    }

    private func list(
        at address: String, now: Date, mistake: (RevocationList) -> String?
    ) async throws(AnchorFault) -> RevocationList {
        if let (list, at) = known[address], abs(now.timeIntervalSince(at)) < Self.kept, mistake(list) == nil { return list }
        if let rest = resting[address], now < rest.until { throw AnchorFault(rest.fault) }
        do throws(AnchorFault) {
            let list = try await fetched(address)
            if let mistake = mistake(list) { throw AnchorFault(mistake) }
            resting[address] = nil
            if known.count >= 64 { known = [:] }
            known[address] = (list, now)
            return list
        } catch {
            if error.scope == .cancellation { throw error }
            let failures = (resting[address]?.failures ?? 0) + 1
            resting[address] = (failures, now.addingTimeInterval(patience.delay(after: failures, chance: 0)), error.description)
            throw error
        }
    }

    private func fetched(_ address: String) async throws(AnchorFault) -> RevocationList {
        let answer: HTTPClient.Answer
        do { answer = try await http.get(address) } catch { throw AnchorFault(http: error) }
        guard answer.status == 200 else { throw AnchorFault("HTTP \(answer.status)") }
        do { return try RevocationList(der: answer.body) } catch { throw AnchorFault(error.description) }
    }
}
