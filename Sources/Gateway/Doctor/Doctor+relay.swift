import Council
import Curl
import Delivery
import Foundation
import Store

/// The relay, up to a NOOP; and a message through it when one is asked for.
extension Doctor {
    static let whyRelay = Bilingual(
        "aucune convocation ne peut partir, et l'envoi est l'acte légal", "no convocation can leave, and sending is the legal act")

    /// Each relay, the spare ones too; the message goes through the first.
    func relayLooks() -> [Look] {
        var looks = found.relays.enumerated().flatMap { index, relay -> [Look] in
            let isSpare = index > 0
            return [
                Look(check: "relay.address", place: relay.host) { Outcome(await relayAddress(relay).map { $0.ofSpareRelay(isSpare) }) },
                Look(check: "relay.connection", place: relay.address) {
                    Outcome(await relayConversation(relay).map { $0.ofSpareRelay(isSpare) })
                },
            ]
        }
        if let recipient = options.recipient, let relay = found.relays.first {
            looks.append(
                Look(check: "relay.message", place: relay.address, longer: found.bounces == nil ? .zero : options.reportLimit) {
                    Outcome(await testMessage(relay, to: recipient))
                })
        }
        if let data = found.dataFolder {
            looks.append(Look(check: "relay.trouble", place: data.path) { Outcome(await knownTroubles(data)) })
        }
        return looks
    }

    /// What the service has met with, and may not have been able to tell anybody.
    private func knownTroubles(_ data: URL) async -> [DoctorFinding] {
        // No database, or one that can't be read: the look at the register says so.
        guard FileManager.default.fileExists(atPath: SQLiteStorage.databaseFile(in: data).path),
            let storage = try? SQLiteStorage.openForReading(folder: data, logger: logger),
            let troubles = try? await storage.relayTroubles(),
            let refused = try? await storage.refusedMails(since: clock.now() - RefusedMail.memory)
        else { return [] }
        let mails = refused.map { mail in
            DoctorFinding.failure(
                "clerk.mail", mail.recipient.description,
                Bilingual("un courriel du service n'arrive pas : ", "a mail from the service doesn't arrive: ") + mail.words,
                why: Bilingual(
                    "les épreuves et les alertes que personne ne lit laissent les séances sans convocation",
                    "previews and alarms that nobody reads leave sittings without convocations"),
                Bilingual(
                    "la boîte existe-t-elle, est-elle pleine, un filtre écarte-t-il nos messages ?",
                    "does the mailbox exist, is it full, does a filter turn our messages away?"))
        }
        return mails
            + troubles.map { trouble in
                .failure(
                    "relay.trouble", trouble.relay,
                    Bilingual("le service n'y envoie plus rien : ", "the service sends nothing there: ") + trouble.words,
                    why: Self.whyRelay, trouble.cause.remedy)
            }
    }

    private func relayAddress(_ relay: Settings.Relay) async -> [DoctorFinding] {
        guard NetworkAddress(relay.host) == nil else { return [] }
        switch await names.addresses(of: relay.host) {
        case .records(let addresses):
            let list = addresses.joined(separator: ", ")
            return [.ok("relay.address", relay.host, Bilingual("adresse \(list)", "address \(list)"))]
        case .none:
            return [
                .failure(
                    "relay.address", relay.host, Bilingual("ce nom n'a pas d'adresse", "this name has no address"), why: Self.whyRelay,
                    key: "relay.host",
                    Bilingual("relay.host : le nom exact du relais", "relay.host: the relay's exact name"))
            ]
        case .fault(let words):
            return [
                .failure(
                    "relay.address", relay.host, words, why: Self.whyRelay,
                    Bilingual("vérifier /etc/resolv.conf et le réseau", "look at /etc/resolv.conf and the network"))
            ]
        }
    }

    private func relayConversation(_ configured: Settings.Relay) async -> [DoctorFinding] {
        let place = configured.address
        let settings: RelaySettings
        do {
            settings = try relaySettings(configured)
        } catch {
            // What is wrong with it is told by `check`.
            return []
        }
        let (token, findings) = await token(settings, place)
        let hasAccount = settings.issuer == nil || token != nil
        // Half of the limit, so that a second look, at a certificate that was refused, finds its time.
        let probe = await SMTPProbe.look(
            at: settings.relay, .init(hasAccount: hasAccount, timeout: options.limit / 2), token: token)
        if let fault = probe.fault { return findings + [await refused(probe, fault, settings.relay, place)].compactMap { $0 } }
        return [greeted(probe, place)] + certificateFindings(probe, place) + findings
            + (hasAccount ? accountFindings(probe, settings.relay, place) : []) + sizeFindings(probe, place) + [reportFinding(probe, place)]
    }

    /// Without its account where the password isn't there (yet): the rest can be tried all the same.
    private func relaySettings(_ configured: Settings.Relay) throws -> RelaySettings {
        do {
            return try Gateway.relaySettings(configured, keys: keysFolder)
        } catch {
            var bare = configured
            bare.user = nil
            return try Gateway.relaySettings(bare, keys: keysFolder)
        }
    }

    /// An access token, where the relay takes one.
    func token(_ settings: RelaySettings, _ place: String) async -> (String?, [DoctorFinding]) {
        guard let issuer = settings.issuer else { return (nil, []) }
        return await token(issuer, "relay.token", place, "relay.oauth", why: Self.whyRelay)
    }

    private func greeted(_ probe: SMTPProbe, _ place: String) -> DoctorFinding {
        let offers = probe.capabilities?.joined(separator: ", ") ?? ""
        return .ok(
            "relay.connection", place,
            offers.isEmpty
                ? Bilingual("répond (sans EHLO)", "answers (without EHLO)")
                : Bilingual("répond ; il offre \(offers)", "answers; it offers \(offers)"))
    }

    private func certificateFindings(_ probe: SMTPProbe, _ place: String) -> [DoctorFinding] {
        guard let tls = probe.tls else {
            return [
                .ok(
                    "relay.tls", place,
                    Bilingual("en clair, comme configuré (sur cette machine seulement)", "in clear, as configured (on this machine only)"))
            ]
        }
        var findings: [DoctorFinding] = [
            .ok("relay.tls", place, Bilingual("\(tls.version), \(tls.cipher)", "\(tls.version), \(tls.cipher)"))
        ]
        findings += expiry("relay.certificate", place, probe.certificates, of: Bilingual("du relais", "of the relay"))
        return findings
    }

    /// Of the server's own certificate: what it sends along may have ended, where another way leads to an authority.
    func expiry(_ check: String, _ place: String, _ chain: [PeerCertificate], of owner: Bilingual) -> [DoctorFinding] {
        guard let first = chain.first else { return [] }
        let day = Amount.day(first.notAfter)
        let days = Int(first.notAfter.timeIntervalSince(clock.now()) / 86_400)
        let words =
            Bilingual("certificat ", "certificate ") + owner
            + Bilingual(" valable jusqu'au \(day) (\(first.subject))", " valid until \(day) (\(first.subject))")
        guard days < 14 else { return [.ok(check, place, words)] }
        return [
            .warning(
                check, place,
                words + Bilingual(" : \(days < 2 ? "demain" : "dans \(days) jours")", ": \(days < 2 ? "tomorrow" : "in \(days) days")"),
                why: Bilingual("ensuite, plus personne ne lui fera confiance", "after that nobody will trust it any more"),
                Bilingual("le faire renouveler avant", "have it renewed before"))
        ]
    }

    private func accountFindings(_ probe: SMTPProbe, _ relay: SMTPRelay, _ place: String) -> [DoctorFinding] {
        guard let credentials = relay.credentials else { return [] }
        guard probe.capabilities?.contains(where: { $0.hasPrefix("AUTH") }) == true else {
            return [
                .failure(
                    "relay.account", place,
                    Bilingual("ce relais n'offre pas de compte (AUTH) ici", "this relay offers no account (AUTH) here"),
                    why: Bilingual(
                        "le mot de passe n'est pas demandé : l'envoi dépend d'une autre règle, ou sera refusé",
                        "the password isn't asked for: sending depends on another rule, or will be refused"),
                    key: "relay.port",
                    Bilingual(
                        "relay.port: 587 ou 465 ; ou retirer user et passwordFile si le relais reconnaît cette machine",
                        "relay.port: 587 or 465; or remove user and passwordFile if the relay knows this machine"))
            ]
        }
        let user = credentials.user
        return [.ok("relay.account", place, Bilingual("le compte « \(user) » est accepté", "account “\(user)” is accepted"))]
    }

    /// What the service may send: attachments as they are encoded, and the message around them.
    private func sizeFindings(_ probe: SMTPProbe, _ place: String) -> [DoctorFinding] {
        let offer = probe.capabilities?.first { $0 == "SIZE" || $0.hasPrefix("SIZE ") }
        guard let limit = offer?.dropFirst(5).split(separator: " ").first.flatMap({ Int64($0) }), limit > 0 else {
            return [.ok("relay.size", place, Bilingual("pas de limite de taille annoncée", "no size limit announced"))]
        }
        let needed = Int64(found.mail.attachUpTo) + 200_000
        let words = Bilingual("messages jusqu'à \(Amount.bytes(limit))", "messages up to \(Amount.bytes(limit))")
        guard limit < needed else { return [.ok("relay.size", place, words)] }
        // In whole kB, and nothing attached where not even the message's own part is sure to fit.
        let fits = limit > 250_000 ? "\((limit - 200_000) / 1_000) kB" : "0"
        return [
            .failure(
                "relay.size", place,
                words + Bilingual(", et les nôtres peuvent avoir \(Amount.bytes(needed))", ", and ours may have \(Amount.bytes(needed))"),
                why: Bilingual(
                    "une convocation avec de grosses pièces jointes serait refusée par le relais",
                    "a convocation with large attachments would be refused by the relay"),
                key: "mail.attachUpTo", Bilingual("mail.attachUpTo: \(fits)", "mail.attachUpTo: \(fits)"))
        ]
    }

    private func reportFinding(_ probe: SMTPProbe, _ place: String) -> DoctorFinding {
        let offers = probe.capabilities?.contains("DSN") == true
        return .ok(
            "relay.reports", place,
            offers
                ? Bilingual("avis de remise (DSN) offerts", "delivery reports (DSN) offered")
                : Bilingual(
                    "pas d'avis de remise (DSN) : seuls les échecs reviendront",
                    "no delivery reports (DSN): only failures will come back"))
    }
}
