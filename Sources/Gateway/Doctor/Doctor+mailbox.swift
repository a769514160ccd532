import Bounces
import Council
import Curl
import Delivery
import Foundation
import Links
import Store

/// The mailbox of returned mails, and what it says of the test message.
extension Doctor {
    private static let whyMailbox = Bilingual(
        "une convocation qui revient ne serait pas vue, et le secrétariat pas prévenu à temps",
        "a convocation that comes back would not be seen, nor the clerk told in time")

    func mailboxLooks() -> [Look] {
        guard let bounces = found.bounces else { return [] }
        switch bounces.source {
        case .maildir(let folder):
            return [Look(check: "bounces.mailbox", place: folder.path) { Outcome(await maildir(folder)) }]
        case .imap(let mailbox):
            let place = "\(mailbox.host):\(mailbox.port)"
            return [Look(check: "bounces.mailbox", place: place) { Outcome(await imap(mailbox, place)) }]
        }
    }

    private func maildir(_ folder: URL) async -> [DoctorFinding] {
        // What is wrong with its rights is told by `check`, which comes first.
        guard Gateway.maildirFindings(folder, Bilingual("", "")).isEmpty else { return [] }
        do {
            let count = try await MaildirSource(folder: folder).pending(limit: 1_000).count
            return [
                .ok(
                    "bounces.mailbox", folder.path,
                    Bilingual("Maildir lisible ; courriers non lus : \(count)", "readable Maildir; unread mails: \(count)"))
            ]
        } catch {
            return [
                .failure(
                    "bounces.mailbox", folder.path, Bilingual.words(of: error), why: Self.whyMailbox, key: "bounces.maildir",
                    Bilingual("donner au compte du service le droit d'y lire", "let the service's account read there"))
            ]
        }
    }

    private func imap(_ mailbox: Settings.Bounces.Mailbox, _ place: String) async -> [DoctorFinding] {
        let server: IMAPServer
        let issuer: TokenIssuer?
        do {
            server = try Gateway.server(mailbox)
            issuer = try mailbox.tokens.map {
                try Gateway.issuer($0, kept: keysFolder?.appendingPathComponent("oauth-imap-\(mailbox.host).token"))
            }
        } catch {
            // What is wrong with it is told by `check`.
            return []
        }
        var findings: [DoctorFinding] = []
        var tokens: TokenSource?
        if let issuer {
            let (token, found) = await token(issuer, "bounces.token", place, "bounces.imap.oauth", why: Self.whyMailbox)
            guard let token else { return found }
            findings = found
            tokens = TokenSource(current: { token }, discard: { _ in })
        }
        for (folder, key) in [(mailbox.folder, "folder")] + (mailbox.done.map { [($0, "done")] } ?? []) {
            let source = IMAPSource(server: server, folder: folder, done: nil, tokens: tokens)
            do {
                let count = try await source.pending(limit: 1_000).count
                findings.append(
                    .ok(
                        "bounces.mailbox", place,
                        Bilingual(
                            "« \(mailbox.user) » est accepté, « \(folder.name) » s'ouvre ; courriers non lus : \(count)",
                            "“\(mailbox.user)” is accepted, “\(folder.name)” opens; unread mails: \(count)")))
            } catch {
                return findings + [refused(error, mailbox, folder, key, place)]
            }
        }
        return findings
    }

    private func refused(
        _ error: any Error, _ mailbox: Settings.Bounces.Mailbox, _ folder: IMAPFolder, _ key: String, _ place: String
    ) -> DoctorFinding {
        let words = Bilingual.words(of: error)
        func failure(_ found: Bilingual, _ key: String, _ change: Bilingual) -> DoctorFinding {
            .failure("bounces.mailbox", place, found + words, why: Self.whyMailbox, key: key, change)
        }
        switch (error as? IMAPFault)?.kind {
        case .login:
            let isToken = mailbox.tokens != nil
            return failure(
                Bilingual("« \(mailbox.user) » est refusé : ", "“\(mailbox.user)” is refused: "),
                isToken ? "bounces.imap.oauth" : "bounces.imap.passwordFile",
                isToken
                    ? Bilingual(
                        "bounces.imap.user : la boîte ; et le droit d'IMAP sur elle pour oauth.clientID",
                        "bounces.imap.user: the mailbox; and the right to IMAP on it for oauth.clientID")
                    : Bilingual(
                        "bounces.imap.user et le mot de passe dans passwordFile (ou passwordEnvironment)",
                        "bounces.imap.user and the password in passwordFile (or passwordEnvironment)"))
        case .refused, .missing:
            return failure(
                Bilingual("le dossier « \(folder.name) » ne s'ouvre pas : ", "folder “\(folder.name)” doesn't open: "),
                "bounces.imap.\(key)",
                Bilingual("bounces.imap.\(key) : un dossier qui existe", "bounces.imap.\(key): a folder that exists"))
        case .connection, nil:
            return failure(
                Bilingual("pas de liaison : ", "no connection: "), "bounces.imap.host",
                Bilingual(
                    "bounces.imap.host, port, tls et caFile ; le pare-feu", "bounces.imap.host, port, tls and caFile; the firewall"))
        }
    }

    // MARK: - The test message

    /// Where reports on the test message are sent: to an address of its own, as convocations have one.
    func trialSender(_ sender: EmailAddress, _ tag: String) -> EmailAddress {
        guard let bounces = found.bounces else { return sender }
        // Too long a name: then the plain one, whose reports can't be told from others.
        return (try? EmailAddress(parsing: "\(sender.localPart)\(bounces.separator.rawValue)\(tag)@\(sender.domain)")) ?? sender
    }

    /// Waits until the mailbox has a report on the message, at most as long as is asked for.
    func confirmation(of tag: String, isAsked: Bool, _ place: String) async -> [DoctorFinding] {
        guard let bounces = found.bounces else { return [] }
        do {
            let sources = try confirmationSources(bounces)
            let end = ContinuousClock.now + options.reportLimit
            var delayed: ReportedReturn?
            while true {
                for source in sources {
                    for name in try await source.find(tag) {
                        guard let report = try await report(name, source) else { continue }
                        if report.recipients.contains(where: { $0.action != .delayed }) { return [told(report, place)] }
                        delayed = report
                    }
                }
                guard ContinuousClock.now < end, !Task.isCancelled else { break }
                try await Task.sleep(for: .seconds(1))
            }
            return [delayed.map { told($0, place) } ?? nothing(isAsked: isAsked, place)]
        } catch {
            // Told by the look at the mailbox itself.
            return []
        }
    }

    /// Its folder, and the one into which a service that runs may have moved the report meanwhile.
    private func confirmationSources(_ bounces: Settings.Bounces) throws -> [any ReturnSource] {
        guard case .imap(let mailbox) = bounces.source else {
            return [try Gateway.returnSource(bounces, keys: keysFolder, clock: clock)]
        }
        let tokens = try Gateway.accessTokens(mailbox, keys: keysFolder, http: http)?.source(clock)
        let server = try Gateway.server(mailbox)
        return ([mailbox.folder] + (mailbox.done.map { [$0] } ?? [])).map {
            IMAPSource(server: server, folder: $0, done: nil, tokens: tokens)
        }
    }

    private func report(_ name: String, _ source: any ReturnSource) async throws -> ReportedReturn? {
        guard let bytes = try await source.read(name, limit: 262_144) else { return nil }
        // It is nobody else's: the service would leave it as it is.
        try await source.finish(name)
        let ring = try LinkKeyring(keys: [LinkKey(id: 1, secret: randomness.bytes(32), createdAt: clock.now())])
        guard case .report(let report) = ReturnedMail(bytes, keyring: ring).verdict else { return nil }
        return report
    }

    private func told(_ report: ReportedReturn, _ place: String) -> DoctorFinding {
        let reporter = report.reporter ?? "?"
        let diagnostic = report.recipients.compactMap(\.diagnostic).first ?? report.recipients.compactMap(\.status).first ?? ""
        let actions = Set(report.recipients.map(\.action))
        if actions.contains(.failed) {
            return .failure(
                "relay.delivery", place,
                Bilingual(
                    "le message d'essai est revenu, selon \(reporter) : \(diagnostic)",
                    "the test message came back, says \(reporter): \(diagnostic)"),
                why: Self.whyRelay,
                Bilingual(
                    "l'adresse d'essai est-elle bonne ? sinon, demander à qui tient le relais",
                    "is the test's address right? otherwise ask who runs the relay"))
        }
        if actions.contains(.delivered) {
            return .ok(
                "relay.delivery", place,
                Bilingual("remis dans la boîte, selon \(reporter)", "delivered into the mailbox, says \(reporter)"))
        }
        if actions == [.delayed] {
            return .warning(
                "relay.delivery", place,
                Bilingual("pas encore remis, selon \(reporter) : \(diagnostic)", "not delivered yet, says \(reporter): \(diagnostic)"),
                why: Self.whyRelay, Bilingual("attendre, puis relancer", "wait, then run it again"))
        }
        return .ok(
            "relay.delivery", place,
            Bilingual(
                "transmis par \(reporter) à un serveur qui ne confirme pas plus loin",
                "handed on by \(reporter) to a server that confirms no further"))
    }

    private func nothing(isAsked: Bool, _ place: String) -> DoctorFinding {
        let seconds = options.reportLimit.components.seconds
        return .warning(
            "relay.delivery", place,
            Bilingual("aucun avis sur le message d'essai en \(seconds) s", "no report on the test message within \(seconds) s")
                + (isAsked
                    ? Bilingual(", bien que le relais en promette", ", though the relay promises one")
                    : Bilingual(" ; ce relais n'en promet pas (DSN)", "; this relay promises none (DSN)")),
            why: Bilingual(
                "si des avis de non-remise ne viennent pas non plus, une convocation perdue ne se verra pas",
                "if reports of non-delivery don't come either, a lost convocation will not be seen"),
            Bilingual(
                "mail.envelopeSender et les adresses « +… » arrivent-elles dans la boîte de « bounces: » ? ou --wait SECONDES",
                "do mail.envelopeSender and its “+…” addresses arrive in the mailbox of “bounces:”? or --wait SECONDS"))
    }
}
