import Council
import Curl
import Foundation
import Ledger
import Notary

/// Timestamp authorities, calendars, a node of one's own, witnesses.
extension Doctor {
    static let whyEvidence = Bilingual(
        "sans lui, les états du registre n'ont pas cette preuve extérieure",
        "without it, the register's states lack this outside evidence")

    func anchorLooks() -> [Look] {
        found.timestampAuthorities.map { authority in
            Look(check: "anchors.timestamp", place: authority.name) { await timestamp(authority) }
        }
            + found.calendars.map { calendar in
                Look(check: "anchors.calendar", place: calendar) { await self.calendar(calendar) }
            }
            + (found.node.map { node in [Look(check: "anchors.node", place: node.url) { Outcome(await self.node(node)) }] } ?? [])
    }

    // MARK: Timestamps

    /// A real token, over random bytes: it tells of address, account and certificate at once.
    private func timestamp(_ authority: Settings.TimestampAuthority) async -> Outcome {
        let client = TimestampClient(http: http, randomness: randomness)
        let start = clock.now()
        do throws(AnchorFault) {
            let token = try await client.stamp(
                randomness.bytes(32),
                by: .init(name: authority.name, url: authority.url, caFile: authority.caFile, policy: authority.policy))
            let words = Bilingual("un jeton vérifié, de \(token.authority)", "a verified token, by \(token.authority)")
            return Outcome(
                [.ok("anchors.timestamp", authority.name, words)],
                clocks: [ClockSample(source: authority.name, theirs: token.time, before: start, after: clock.now())])
        } catch {
            let said = DetailWords.french(error.description)
            return Outcome([
                .failure(
                    "anchors.timestamp", authority.name, Bilingual("pas de jeton : \(said)", "no token: \(error.description)"),
                    why: Self.whyEvidence, key: "anchors.timestampAuthorities",
                    Bilingual(
                        "url et caFile de « \(authority.name) » : ceux que donne l'autorité ; ou ouvrir le pare-feu vers \(authority.url)",
                        "url and caFile of “\(authority.name)”: those that the authority gives; or open the firewall towards \(authority.url)"
                    ))
            ])
        }
    }

    // MARK: Calendars

    /// Asks for a commitment that nobody ever made: the question of each upgrade, and it leaves nothing behind.
    private func calendar(_ calendar: String) async -> Outcome {
        let start = clock.now()
        let url = calendar + "/timestamp/" + Hex.encode(randomness.bytes(32))
        return await web(
            "anchors.calendar", calendar, url, since: start, expects: [200, 404], why: Self.whyEvidence, key: "anchors.calendars")
    }

    private func web(
        _ check: String, _ place: String, _ url: String, since start: Date, expects: Set<Int>, why: Bilingual, key: String
    ) async -> Outcome {
        let fix = Bilingual(
            "\(key) : la bonne adresse ; ou ouvrir le pare-feu vers \(place)",
            "\(key): the right address; or open the firewall towards \(place)")
        do {
            let answer = try await http.get(url)
            let clocks = [ClockSample(answer, from: place, before: start, after: clock.now())].compactMap { $0 }
            guard !expects.contains(answer.status) else {
                return Outcome([.ok(check, place, Bilingual("répond", "answers"))], clocks: clocks)
            }
            let words = Bilingual("répond HTTP \(answer.status)", "answers HTTP \(answer.status)")
            return Outcome([.failure(check, place, words, why: why, key: key, fix)], clocks: clocks)
        } catch {
            return Outcome([.failure(check, place, error.unanswered, why: why, key: key, fix)])
        }
    }

    // MARK: Witnesses

    func witnessLooks() -> [Look] {
        found.witnesses.map { witness in
            Look(check: "witness", place: witness.name) {
                // What it cosigned last, or 404: the protocol's own question needs a checkpoint, and could change what it knows.
                await web(
                    "witness", witness.name, witness.url + "/", since: clock.now(), expects: Set(200..<500),
                    why: Bilingual("le registre n'a pas sa cosignature", "the register lacks its cosignature"), key: "witnesses")
            }
        }
    }

    // MARK: Node

    private func node(_ node: AnchorSettings.Node) async -> [DoctorFinding] {
        let client = NodeClient(
            url: node.url, wallet: node.wallet, credentials: node.credentials,
            http: HTTPClient(.init(connectTimeout: .seconds(5), timeout: options.limit, answerLimit: 1 << 20, proxy: .none, threads: 2)))
        do throws(NodeFault) {
            let chain = try await client.chain()
            guard chain.network == node.network else {
                throw NodeFault.otherNetwork(configured: node.network.rawValue, found: chain.name)
            }
            if chain.isSyncing { throw NodeFault.syncing }
            let at = Bilingual(
                "\(node.network.rawValue), bloc \(chain.height)", "\(node.network.rawValue), block \(chain.height)")
            return [.ok("anchors.node", node.url, at)] + (try await wallet(node, client))
        } catch {
            return [nodeFailure(node, error)]
        }
    }

    private func nodeFailure(_ node: AnchorSettings.Node, _ fault: NodeFault) -> DoctorFinding {
        let key: String
        let change: Bilingual
        switch fault {
        case .unauthorised, .credentials:
            key = "anchors.node.cookieFile"
            change = Bilingual(
                "anchors.node.cookieFile, ou user et passwordFile : ceux du nœud",
                "anchors.node.cookieFile, or user and passwordFile: the node's")
        case .unknownWallet, .walletNotNamed:
            key = "anchors.node.wallet"
            change = Bilingual(
                "anchors.node.wallet : un portefeuille ouvert (bitcoin-cli listwallets)",
                "anchors.node.wallet: a loaded wallet (bitcoin-cli listwallets)")
        case .otherNetwork:
            key = "anchors.node.network"
            change = Bilingual("anchors.node.network : celui du nœud", "anchors.node.network: the node's")
        default:
            key = "anchors.node.url"
            change = Bilingual(
                "anchors.node.url : l'adresse du nœud, et le nœud en marche", "anchors.node.url: the node's address, and the node running")
        }
        return .failure("anchors.node", node.url, fault.words, why: Self.whyEvidence, key: key, change)
    }

    private func wallet(_ node: AnchorSettings.Node, _ client: NodeClient) async throws(NodeFault) -> [DoctorFinding] {
        let balances = try await client.call("getbalances", onWallet: true)
        let info = try await client.call("getwalletinfo", onWallet: true)
        if info["unlocked_until"]?.whole == 0 {
            return [
                .failure(
                    "anchors.wallet", node.url, Bilingual("le portefeuille est verrouillé", "the wallet is locked"), why: Self.whyEvidence,
                    Bilingual("le déverrouiller : bitcoin-cli walletpassphrase", "unlock it: bitcoin-cli walletpassphrase"))
            ]
        }
        guard let satoshis = balances["mine"]?["trusted"]?.satoshis else {
            throw NodeFault.answer("getbalances")
        }
        let words = Bilingual("\(satoshis) satoshis au portefeuille", "\(satoshis) satoshis in the wallet")
        let fill = Bilingual(
            "envoyer au portefeuille de quoi payer (bitcoin-cli getnewaddress)", "send the wallet what it needs (bitcoin-cli getnewaddress)"
        )
        if satoshis < node.feeCap {
            return [.failure("anchors.wallet", node.url, words, why: Self.whyEvidence, fill)]
        }
        if satoshis < 10 * node.feeCap {
            return [
                .warning(
                    "anchors.wallet", node.url, words,
                    why: Bilingual("moins de dix ancrages au plafond de feeCap", "less than ten anchors at the cap of feeCap"), fill)
            ]
        }
        return [.ok("anchors.wallet", node.url, words)]
    }
}

extension JSON {
    /// An amount in whole coins, as nodes write it (`1.00000000`).
    fileprivate var satoshis: Int64? {
        switch self {
        case .integer(let coins): coins.multipliedReportingOverflow(by: 100_000_000).overflow ? nil : coins * 100_000_000
        case .number(let coins): Int64(exactly: (coins * 1e8).rounded())
        default: nil
        }
    }
}

extension HTTPFault {
    /// Why no answer came.
    var unanswered: Bilingual {
        let said = " (\(words))"
        return switch kind {
        case .unreachable: Bilingual("injoignable\(said)", "can't be reached\(said)")
        case .timeout: Bilingual("ne répond pas à temps\(said)", "doesn't answer in time\(said)")
        case .certificate: Bilingual("son certificat n'est pas accepté\(said)", "its certificate is not accepted\(said)")
        case .tooLarge: Bilingual("répond trop long\(said)", "answers too much\(said)")
        case .badRequest, .cancelled, .other: Bilingual("pas de réponse\(said)", "no answer\(said)")
        }
    }
}
