import ArgumentParser
import Council
import Foundation
import Gateway
import Logging

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: Terminal.text(
            "Essaie relais, DNS, preuves extérieures, site, disque et horloge ; dit quoi changer.",
            "Try relay, DNS, outside evidence, site, disk and clock; say what to change."),
        discussion: Terminal.text(
            "Commence par tout ce que vérifie « check », puis essaie le monde extérieur. Ne change rien, et se lance aussi pendant que le service tourne. Aucun message ne part sans --send-to ou --test-message. Un jeton d'horodatage est demandé à chaque autorité. Statut 0 : pas d'échec ; 1 : au moins un ; 2 : mauvais usage.",
            "Begins with all that `check` validates, then tries the outside world. Changes nothing, and can be run while the service runs. No message leaves without --send-to or --test-message. One timestamp token is asked of each authority. Exit status 0: no failure; 1: at least one; 2: wrong usage."
        ))
    @OptionGroup var place: PlaceOptions
    @OptionGroup var format: FormatOptions
    @Option(help: .words("Envoie un message d'essai à cette adresse.", "Send a test message to this address.")) var sendTo: String?
    @Flag(help: .words("Envoie un message d'essai au secrétariat (clerk).", "Send a test message to the clerk.")) var testMessage = false
    @Option(help: .words("Secondes laissées à chaque essai (1 à 300).", "Seconds given to each try (1 to 300).")) var timeout = 10
    @Option(
        help: .words(
            "Secondes d'attente d'un avis sur le message d'essai, où « bounces: » est configuré (0 à 3600).",
            "Seconds to wait for a report on the test message, where “bounces:” is configured (0 to 3600)."))
    var wait = 60
    @Flag(help: .words("Ne montre que ce qui ne va pas.", "Show only what is not well.")) var quiet = false

    func validate() throws {
        guard (1...300).contains(timeout) else {
            throw ValidationError("--timeout : donnez de 1 à 300 secondes.", "--timeout: give 1 to 300 seconds.")
        }
        guard (0...3600).contains(wait) else {
            throw ValidationError("--wait : donnez de 0 à 3600 secondes.", "--wait: give 0 to 3600 seconds.")
        }
        if sendTo != nil, testMessage {
            throw ValidationError("--send-to ou --test-message : l'un des deux.", "--send-to or --test-message: one of them.")
        }
        if let sendTo { _ = try Self.address(sendTo) }
    }

    private static func address(_ text: String) throws -> EmailAddress {
        do throws(EmailAddressError) { return try EmailAddress(parsing: text) } catch {
            throw ValidationError(
                "--send-to : « \(text) » n'est pas une adresse utilisable.", "--send-to: “\(text)” is not a usable address.")
        }
    }

    func run() async throws {
        let reading = try place.reading()
        var found = reading.found
        if let data = place.data { found.dataFolder = URL(fileURLWithPath: data) }
        let options = Doctor.Options(
            limit: .seconds(timeout), recipient: try sendTo.map(Self.address) ?? (testMessage ? found.clerkAddress : nil),
            reportLimit: .seconds(wait))
        var findings = reading.mistakes.map { DoctorFinding($0) }
        var checks = Gateway.check(found, mistaken: reading.mistakes.map(\.key))
        if let settings = reading.settings {
            let own = place.data.map { settings.with(dataFolder: URL(fileURLWithPath: $0)) } ?? settings
            checks += await Gateway.checkRegister(own, logger: PlaceOptions.logger(.error))
        }
        findings += checks.map { DoctorFinding($0) }
        if findings.isEmpty {
            findings.append(.ok("configuration.check", reading.file, Bilingual("« check » ne trouve rien", "`check` finds nothing")))
        }
        findings += await Doctor(found, options, logger: PlaceOptions.logger(.error)).examine()
        try show(findings)
        if findings.contains(where: { $0.grade == .failure }) { throw Answer.no }
    }

    private func show(_ findings: [DoctorFinding]) throws {
        let shown = quiet ? findings.filter { $0.grade != .ok } : findings
        if format.json { return try Terminal.json(shown.map { Row($0) }) }
        for finding in shown { Terminal.out(finding.text(Terminal.language)) }
        let failures = findings.count { $0.grade == .failure }
        let warnings = findings.count { $0.grade == .warning }
        Terminal.out(
            Terminal.count(failures, ("échec", "échecs"), ("failure", "failures")) + ", "
                + Terminal.count(warnings, ("avertissement", "avertissements"), ("warning", "warnings")) + ", "
                + Terminal.text("\(findings.count - failures - warnings) bons", "\(findings.count - failures - warnings) ok"))
    }

    /// What `--json` shows of a finding, in the terminal's language.
    struct Row: Encodable {
        let check: String
        let place: String
        let grade: DoctorFinding.Grade
        let found: String
        let why: String?
        let key: String?
        let change: String?

        init(_ finding: DoctorFinding) {
            let language = Terminal.language
            check = finding.check
            place = finding.place
            grade = finding.grade
            found = finding.found.text(language)
            why = finding.why?.text(language)
            key = finding.key
            change = finding.change?.text(language)
        }
    }
}
