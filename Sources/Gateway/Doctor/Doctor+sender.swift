import Composition
import Council
import Foundation

/// What DNS says of the addresses that messages are sent from.
extension Doctor {
    static let whySender = Bilingual(
        "les messageries des élus jettent ou classent indésirable ce dont l'expéditeur n'est pas attesté",
        "members' mail servers discard, or file as spam, what comes from a sender nobody vouches for")

    func senderLooks() -> [Look] {
        var looks: [Look] = []
        if let sender = found.envelopeSender {
            looks.append(Look(check: "sender.spf", place: sender.domain) { Outcome([await spf(sender.domain)]) })
            looks.append(Look(check: "sender.returns", place: sender.domain) { Outcome([await returns(sender)]) })
        }
        for key in found.mail.dkim {
            let name = "\(key.selector)._domainkey.\(key.domain)"
            looks.append(Look(check: "sender.dkim", place: name) { Outcome([await dkim(key, name)].compactMap { $0 }) })
        }
        if let from = found.from {
            looks.append(Look(check: "sender.dmarc", place: from.domain) { Outcome([await dmarc(from.domain)]) })
        }
        return looks
    }

    private func unanswered(_ check: String, _ place: String, _ words: Bilingual) -> DoctorFinding {
        .warning(
            check, place, words, why: Bilingual("rien ne peut en être dit", "nothing can be told of it"),
            Bilingual("vérifier /etc/resolv.conf et le réseau", "look at /etc/resolv.conf and the network"))
    }

    // MARK: SPF

    private func spf(_ domain: String) async -> DoctorFinding {
        let answer = await names.ask(domain, .txt)
        if case .fault(let words) = answer { return unanswered("sender.spf", domain, words) }
        let records = SPFJudge.records(in: answer.list)
        guard let record = records.first else {
            return .warning(
                "sender.spf", domain, Bilingual("pas d'enregistrement SPF", "no SPF record"), why: Self.whySender,
                key: "mail.envelopeSender",
                Bilingual(
                    "publier au DNS : \(domain). IN TXT \"v=spf1 \(relayTerm) ~all\", ou ce que demande le relais",
                    "publish in DNS: \(domain). IN TXT \"v=spf1 \(relayTerm) ~all\", or what the relay asks for"))
        }
        var addresses: [NetworkAddress] = []
        for relay in found.relays {
            addresses += await names.addresses(of: relay.host).list.compactMap { NetworkAddress($0) }.filter { !$0.isInside }
        }
        var verdicts: [SPFJudge.Verdict] = []
        // An address of nobody's (RFC 5737) where the relay has none outside: it brings the record's own mistakes to light.
        let stranger = NetworkAddress("192.0.2.1").map { [$0] } ?? []
        for address in addresses.isEmpty ? stranger : addresses {
            verdicts.append(await SPFJudge(names: names).judge(address, for: domain))
        }
        return spfFinding(domain, record, verdicts, isRelayKnown: !addresses.isEmpty)
    }

    /// What names the relay in an SPF record.
    private var relayTerm: String {
        let host = found.relays.first?.host ?? ""
        guard let address = NetworkAddress(host) else { return host == "localhost" ? "ip4:…" : "a:\(host)" }
        return address.isInside ? "ip4:…" : address.bytes.count == 4 ? "ip4:\(host)" : "ip6:\(host)"
    }

    private func spfFinding(_ domain: String, _ record: String, _ verdicts: [SPFJudge.Verdict], isRelayKnown: Bool) -> DoctorFinding {
        for case .wrong(let mistake) in verdicts {
            return .failure(
                "sender.spf", domain,
                Bilingual("SPF faux : ", "SPF is wrong: ") + mistake.words + Bilingual(" (\(record))", " (\(record))"),
                why: Self.whySender, Bilingual("corriger l'enregistrement TXT de \(domain)", "mend the TXT record of \(domain)"))
        }
        if verdicts.contains(.unknown) {
            return unanswered("sender.spf", domain, Bilingual("aucun serveur DNS ne répond", "no DNS server answers"))
        }
        if verdicts.contains(.perMessage) {
            return .ok(
                "sender.spf", domain,
                Bilingual(
                    "SPF publié, mais il dépend de chaque message (macros) : \(record)",
                    "SPF is published, but depends on each message (macros): \(record)"))
        }
        let strangerPasses = !isRelayKnown && verdicts.contains(.pass)
        if record.split(separator: " ").contains(where: { $0.lowercased() == "+all" || $0.lowercased() == "all" }) || strangerPasses {
            return .warning(
                "sender.spf", domain, Bilingual("SPF permet à tous d'envoyer : \(record)", "SPF lets everybody send: \(record)"),
                why: Bilingual("n'importe qui peut convoquer en votre nom", "anybody can send convocations in your name"),
                Bilingual("finir par ~all ou -all", "end it with ~all or -all"))
        }
        guard isRelayKnown else {
            return .ok(
                "sender.spf", domain,
                Bilingual(
                    "SPF publié : \(record) (le relais est local : vérifiez qu'il nomme l'adresse dont il envoie)",
                    "SPF is published: \(record) (the relay is local: see that it names the address it sends from)"))
        }
        guard verdicts.allSatisfy({ $0 == .pass }) else {
            return .warning(
                "sender.spf", domain,
                Bilingual("SPF ne nomme pas les adresses du relais : \(record)", "SPF doesn't name the relay's addresses: \(record)"),
                why: Self.whySender,
                Bilingual(
                    "si le relais envoie d'autres adresses, vérifier auprès de qui le tient ; sinon ajouter \(relayTerm)",
                    "if the relay sends from other addresses, ask who runs it; else add \(relayTerm)"))
        }
        return .ok("sender.spf", domain, Bilingual("SPF nomme le relais", "SPF names the relay"))
    }

    // MARK: Returns

    private func returns(_ sender: EmailAddress) async -> DoctorFinding {
        let domain = sender.domain
        let answer = await names.ask(domain, .mx)
        if case .fault(let words) = answer { return unanswered("sender.returns", domain, words) }
        let servers = answer.list.filter { !$0.isEmpty && $0 != "." }
        if !servers.isEmpty {
            let list = servers.joined(separator: ", ")
            return .ok("sender.returns", domain, Bilingual("reçoit du courrier par \(list)", "receives mail at \(list)"))
        }
        // Without MX, the name's own address is where mail goes (RFC 5321 §5.1); a lone "." says that it receives none (RFC 7505).
        if answer == .none, case .records = await names.addresses(of: domain) {
            return .ok("sender.returns", domain, Bilingual("reçoit du courrier (sans MX)", "receives mail (without MX)"))
        }
        return .failure(
            "sender.returns", domain, Bilingual("ce domaine ne reçoit pas de courrier (MX)", "this domain receives no mail (MX)"),
            why: Bilingual(
                "les avis de non-remise se perdent, et beaucoup de serveurs refusent un tel expéditeur",
                "reports of what could not be delivered are lost, and many servers refuse such a sender"),
            key: "mail.envelopeSender",
            Bilingual("mail.envelopeSender : une adresse qui reçoit", "mail.envelopeSender: an address that receives"))
    }

    // MARK: DKIM

    /// Nil: the key itself can't be read, which `check` tells.
    private func dkim(_ key: Settings.Mail.DKIM, _ name: String) async -> DoctorFinding? {
        let ours: DKIMRecord
        do { ours = try DKIMRecord(Gateway.dkimSigner(key)) } catch { return nil }
        let answer = await names.ask(name, .txt)
        if case .fault(let words) = answer { return unanswered("sender.dkim", name, words) }
        let records = answer.list.map { TagList($0) }.filter { $0["p"] != nil }
        func failure(_ french: String, _ english: String) -> DoctorFinding {
            .failure(
                "sender.dkim", name, Bilingual(french, english),
                why: Bilingual(
                    "chaque message porterait une signature fausse, pire que pas de signature",
                    "each message would bear a false signature, which is worse than none"),
                key: "mail.dkim",
                Bilingual(
                    "publier ce que dit « appariteur keys dkim » : \(ours.value)", "publish what `appariteur keys dkim` says: \(ours.value)"
                ))
        }
        guard let record = records.first else { return failure("la clé DKIM n'est pas publiée", "the DKIM key is not published") }
        guard records.count == 1 else { return failure("plusieurs clés DKIM sous ce nom", "several DKIM keys under this name") }
        let published = (record["p"] ?? "").filter { !$0.isWhitespace }
        if published.isEmpty { return failure("la clé DKIM est révoquée (p= vide)", "the DKIM key is revoked (empty p=)") }
        let kind = (record["k"] ?? "rsa").lowercased()
        guard published == TagList(ours.value)["p"], kind == TagList(ours.value)["k"] else {
            return failure("une autre clé DKIM est publiée", "another DKIM key is published")
        }
        if record["t"]?.lowercased().split(separator: ":").contains("y") == true {
            return .warning(
                "sender.dkim", name, Bilingual("la clé DKIM est publiée « à l'essai » (t=y)", "the DKIM key is published as a test (t=y)"),
                why: Bilingual("les signatures ne comptent pas encore", "signatures don't count yet"),
                Bilingual("retirer t=y de l'enregistrement", "remove t=y from the record"))
        }
        return .ok("sender.dkim", name, Bilingual("la clé DKIM publiée est la nôtre", "the published DKIM key is ours"))
    }

    // MARK: DMARC

    private func dmarc(_ domain: String) async -> DoctorFinding {
        var policies: [(domain: String, text: String)] = []
        for candidate in DMARCPolicy.domains(from: domain) {
            let answer = await names.ask("_dmarc." + candidate, .txt)
            if case .fault(let words) = answer { return unanswered("sender.dmarc", domain, words) }
            let records = answer.list.filter(DMARCPolicy.isRecord)
            // Several are none (RFC 7489 §6.6.3).
            if records.count == 1, let record = records.first { policies.append((candidate, record)) }
        }
        guard let nearest = policies.first, let organisation = policies.last?.domain,
            let policy = DMARCPolicy(nearest.text, at: nearest.domain, for: domain, organisation: organisation)
        else {
            return .warning(
                "sender.dmarc", domain, Bilingual("pas d'enregistrement DMARC (ou plusieurs)", "no DMARC record (or several)"),
                why: Self.whySender,
                Bilingual(
                    "publier au DNS : _dmarc.\(domain). IN TXT \"v=DMARC1; p=none; rua=mailto:…\"",
                    "publish in DNS: _dmarc.\(domain). IN TXT \"v=DMARC1; p=none; rua=mailto:…\""))
        }
        return alignment(domain, policy)
    }

    private func alignment(_ domain: String, _ policy: DMARCPolicy) -> DoctorFinding {
        let envelope = found.envelopeSender?.domain ?? ""
        let bySPF = policy.isAligned(envelope, with: domain, strictly: policy.isStrictSPF)
        let byDKIM = found.mail.dkim.contains { policy.isAligned($0.domain, with: domain, strictly: policy.isStrictDKIM) }
        let words = Bilingual("DMARC p=\(policy.policy) (_dmarc.\(policy.domain))", "DMARC p=\(policy.policy) (_dmarc.\(policy.domain))")
        guard !bySPF, !byDKIM else {
            let by = [bySPF ? "SPF" : nil, byDKIM ? "DKIM" : nil].compactMap { $0 }
            return .ok(
                "sender.dmarc", domain,
                words + Bilingual(", aligné par \(by.joined(separator: " et "))", ", aligned by \(by.joined(separator: " and "))"))
        }
        let place = words + Bilingual(", et \(envelope) ne s'aligne pas sur \(domain)", ", and \(envelope) doesn't align with \(domain)")
        let remedy = Bilingual(
            "mail.envelopeSender : une adresse en @\(domain) ; ou signer ici (mail.dkim) au nom de \(domain), si le relais ne le fait pas",
            "mail.envelopeSender: an address at @\(domain); or sign here (mail.dkim) as \(domain), unless the relay does")
        if policy.policy == "none" {
            return .warning("sender.dmarc", domain, place, why: Self.whySender, key: "mail.envelopeSender", remedy)
        }
        return .failure(
            "sender.dmarc", domain, place,
            why: Bilingual(
                "sans signature du relais à ce nom, les serveurs des élus refusent chaque convocation, comme \(domain) le leur demande",
                "unless the relay signs in this name, members' servers refuse each convocation, as \(domain) asks them to"),
            key: "mail.envelopeSender", remedy)
    }
}

extension SPFJudge.Mistake {
    var words: Bilingual {
        switch self {
        case .several(let domain): Bilingual("plusieurs enregistrements pour \(domain)", "several records for \(domain)")
        case .tooManyLookups: Bilingual("plus de dix questions au DNS", "more than ten questions to DNS")
        case .term(let term): Bilingual("terme inconnu « \(term) »", "unknown term “\(term)”")
        case .missing(let domain): Bilingual("\(domain) n'a pas de SPF", "\(domain) has no SPF")
        }
    }
}
