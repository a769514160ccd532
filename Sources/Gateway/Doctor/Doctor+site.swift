import Council
import Curl
import Foundation
import Ledger

/// The service as this machine sees it, and the site as others do.
extension Doctor {
    static let whySite = Bilingual(
        "les liens des convocations y mènent : les élus ne peuvent ni lire ni accuser réception",
        "the convocations' links lead there: members can neither read nor acknowledge")

    func siteLooks() -> [Look] {
        var looks: [Look] = []
        if let listen = found.listen {
            let place = "\(listen.host):\(listen.port)"
            looks.append(Look(check: "service", place: place) { Outcome([await service(listen, place)]) })
        }
        if let url = found.publicURL {
            let host = URLComponents(string: url)?.host ?? ""
            looks.append(Look(check: "site.address", place: host) { Outcome([await siteAddress(host)].compactMap { $0 }) })
            looks.append(Look(check: "site.register", place: url) { Outcome([await site(url)]) })
            if url.hasPrefix("https:") {
                looks.append(Look(check: "site.certificate", place: host) { Outcome(await siteCertificate(url, host)) })
            }
        }
        return looks
    }

    private func service(_ listen: Settings.Listen, _ place: String) async -> DoctorFinding {
        let host = ["0.0.0.0", "::"].contains(listen.host) ? "127.0.0.1" : listen.host.contains(":") ? "[\(listen.host)]" : listen.host
        do {
            let client = HTTPClient(.init(connectTimeout: options.limit / 2, timeout: options.limit / 2, proxy: .none))
            let answer = try await client.get("http://\(host):\(listen.port)/sante")
            if answer.status == 200 { return .ok("service", place, Bilingual("le service tourne", "the service runs")) }
            return stopped(place, Bilingual("répond HTTP \(answer.status)", "answers HTTP \(answer.status)"))
        } catch {
            return stopped(
                place, Bilingual("le service ne tourne pas ici : ", "the service doesn't run here: ") + error.unanswered)
        }
    }

    private func stopped(_ place: String, _ words: Bilingual) -> DoctorFinding {
        .warning(
            "service", place, words, why: Bilingual("rien ne part tant qu'il est arrêté", "nothing leaves while it is stopped"),
            Bilingual(
                "systemctl start appariteur, puis journalctl -u appariteur", "systemctl start appariteur, then journalctl -u appariteur"))
    }

    private func siteAddress(_ host: String) async -> DoctorFinding? {
        let addresses: [String]
        switch await names.addresses(of: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))) {
        case .records(let list): addresses = list
        case .none:
            return .failure(
                "site.address", host, Bilingual("ce nom n'a pas d'adresse", "this name has no address"), why: Self.whySite,
                key: "publicURL",
                Bilingual("publier ce nom au DNS, ou corriger publicURL", "publish this name in DNS, or mend publicURL"))
        case .fault(let words):
            return .failure(
                "site.address", host, words, why: Self.whySite,
                Bilingual("vérifier /etc/resolv.conf et le réseau", "look at /etc/resolv.conf and the network"))
        }
        let list = addresses.joined(separator: ", ")
        guard addresses.allSatisfy({ NetworkAddress($0)?.isInside ?? false }) else {
            return .ok("site.address", host, Bilingual("adresse \(list)", "address \(list)"))
        }
        return .warning(
            "site.address", host,
            Bilingual(
                "vu d'ici, ce nom mène à une adresse intérieure (\(list))", "seen from here, this name leads to an inside address (\(list))"
            ),
            why: Bilingual(
                "de chez eux, les élus ne l'atteignent peut-être pas ; et ce qui suit n'est pas vu du dehors",
                "from their homes members may not reach it; and what follows isn't seen from outside"),
            key: "publicURL",
            Bilingual(
                "publier ce nom avec une adresse publique, puis ouvrir \(found.publicURL ?? "") d'un téléphone hors du réseau",
                "publish this name with a public address, then open \(found.publicURL ?? "") from a phone outside the network"))
    }

    private func site(_ base: String) async -> DoctorFinding {
        let url = base + "/ledger/checkpoint"
        func failure(_ words: Bilingual, _ change: Bilingual) -> DoctorFinding {
            .failure("site.register", base, words, why: Self.whySite, key: "publicURL", change)
        }
        let proxy = Bilingual(
            "le serveur mandataire (nginx, Apache…) doit transmettre tout publicURL à « listen: »",
            "the proxy (nginx, Apache…) must pass all of publicURL on to “listen:”")
        let before = Self.publishedSize(found.dataFolder)
        let answer: HTTPClient.Answer
        do { answer = try await http.get(url) } catch {
            return failure(error.unanswered, proxy)
        }
        if answer.status == 404, before == nil {
            return .ok(
                "site.register", base, Bilingual("répond ; le registre n'a pas encore d'état", "answers; the register has no state yet"))
        }
        guard answer.status == 200 else {
            return failure(Bilingual("répond HTTP \(answer.status)", "answers HTTP \(answer.status)"), proxy)
        }
        let theirs: Checkpoint
        do throws(CheckpointError) {
            theirs = try UnverifiedCheckpoint(parsing: answer.body).checkpoint
        } catch {
            return failure(Bilingual("ce n'est pas notre registre", "this is not our register"), proxy)
        }
        guard theirs.origin == found.ledgerOrigin ?? theirs.origin, isOurs(answer.body) else {
            return failure(
                Bilingual("c'est un autre registre : \(theirs.origin)", "this is another register: \(theirs.origin)"),
                Bilingual("publicURL : l'adresse de cette installation", "publicURL: this installation's address"))
        }
        return compared(theirs, before, base)
    }

    /// Signed with the key that this installation publishes, where it has published one yet.
    private func isOurs(_ note: [UInt8]) -> Bool {
        guard let file = found.dataFolder?.appendingPathComponent("ledger/vkey"),
            // Not there, or unreadable: `check` tells of it, and the comparison of sizes remains.
            let text = try? String(contentsOf: file, encoding: .utf8), let key = try? NoteVerifierKey(parsing: text)
        else { return true }
        // Any fault is a no.
        return (try? UnverifiedCheckpoint(parsing: note).verified(by: key)) != nil
    }

    /// `before`: what was published here just before it was asked for; it may have grown since.
    private func compared(_ theirs: Checkpoint, _ before: UInt64?, _ base: String) -> DoctorFinding {
        let ours = Self.published(found.dataFolder)
        let isSame = ours.map { $0.size != theirs.size || $0.root == theirs.root } ?? true
        if isSame, theirs.size >= before ?? 0, theirs.size <= ours?.size ?? theirs.size {
            return .ok(
                "site.register", base,
                Bilingual("montre notre registre (\(theirs.size) entrées)", "shows our register (\(theirs.size) entries)"))
        }
        let words = Bilingual(
            "montre \(theirs.size) entrées, et il y en a \(ours?.size ?? 0) ici",
            "shows \(theirs.size) entries, and there are \(ours?.size ?? 0) here")
        if isSame, theirs.size < ours?.size ?? 0 {
            return .warning(
                "site.register", base, words, why: Bilingual("le public voit un état ancien", "the public sees an old state"),
                Bilingual(
                    "le serveur mandataire ne doit pas garder /ledger/checkpoint en cache", "the proxy must not cache /ledger/checkpoint"))
        }
        return .failure(
            "site.register", base, words,
            why: Bilingual(
                "deux installations, ou une sauvegarde ancienne, sous le même nom", "two installations, or an old backup, under one name"),
            key: "publicURL",
            Bilingual(
                "arrêter l'autre installation ; puis « appariteur ledger audit » ici",
                "stop the other installation; then `appariteur ledger audit` here"))
    }

    /// Nil: nothing was published, or it can't be read, which `check` tells.
    static func published(_ dataFolder: URL?) -> Checkpoint? {
        guard let file = dataFolder?.appendingPathComponent("ledger/checkpoint"), let bytes = try? Data(contentsOf: file) else {
            return nil
        }
        return try? UnverifiedCheckpoint(parsing: Array(bytes)).checkpoint
    }

    private static func publishedSize(_ dataFolder: URL?) -> UInt64? { published(dataFolder)?.size }

    private func siteCertificate(_ url: String, _ host: String) async -> [DoctorFinding] {
        let chain = await SiteCertificates.look(at: url, timeout: options.limit * 9 / 10)
        if let ended = chain.first, ended.notAfter <= clock.now() {
            let day = Amount.day(ended.notAfter)
            return [
                .failure(
                    "site.certificate", host,
                    Bilingual(
                        "le certificat « \(ended.subject) » a expiré le \(day)", "the certificate “\(ended.subject)” expired on \(day)"),
                    why: Self.whySite, Bilingual("le renouveler au serveur mandataire", "renew it at the proxy"))
            ]
        }
        return expiry("site.certificate", host, chain, of: Bilingual("du site", "of the site"))
    }
}
