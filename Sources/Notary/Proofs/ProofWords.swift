package import Council
import Foundation

/// The words of a verified, or refused, proof. They stand here and not in the templates because a proof must be readable
/// wherever `appariteur verify` runs, without any file of the installation.
package struct ProofWords: Sendable {
    let language: Language

    package init(_ language: Language) { self.language = language }

    /// The whole report, in lines.
    package func text(of report: ProofReport) -> String {
        var lines = [pick("Cette preuve tient : ", "This proof holds: ") + subject(report) + "."]
        if let edition = report.edition { lines.append(pick("C'est l'\(edition.words.french).", "It is \(edition.words.english).")) }
        lines.append(pick("Registre : ", "Register: ") + report.origin)
        if let notAfter = report.notAfter {
            lines.append(
                pick("Tout ce qui suit existait au plus tard le ", "All of the following existed at the latest on ")
                    + instant(notAfter) + ".")
        }
        lines += section(.warning, of: report)
        lines.append("")
        lines += report.facts.map { "  " + fact($0) }
        for standing in ProofReport.Standing.allCases where standing != .warning { lines += section(standing, of: report) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ standing: ProofReport.Standing, of report: ProofReport) -> [String] {
        let statements = report.statements.filter { $0.standing == standing }
        return statements.isEmpty ? [] : ["", heading(standing)] + statements.map { "  - " + statement($0) }
    }

    func pick(_ french: String, _ english: String) -> String { language == .french ? french : english }

    /// In UTC, as registers write it.
    func instant(_ date: Date) -> String {
        date.formatted(.iso8601).replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    private func heading(_ standing: ProofReport.Standing) -> String {
        switch standing {
        case .warning: pick("Attention :", "Beware:")
        case .proven: pick("Établi :", "Proven:")
        case .claimed: pick("Affirmé, à apprécier :", "Claimed, to be weighed:")
        case .advice: pick("Pour aller plus loin :", "To make it stronger:")
        }
    }

    private func subject(_ report: ProofReport) -> String {
        let words = subject(report.subject)
        guard report.statements.contains(.groupingClaimed) else { return words }
        return words + pick(", selon qui a fait ce fichier", ", says whoever made this file")
    }

    private func subject(_ subject: ProofSubject) -> String {
        switch subject {
        case .document(let hash): pick("réception du document ", "receipt of the document ") + hash.hex
        case .convocation(let id): pick("convocation n° ", "convocation no. ") + id.description
        case .unnamedConvocation(let sitting):
            pick("une convocation à la séance ", "one convocation to the sitting ") + sitting.rawValue
        case .sitting(let id): pick("séance ", "sitting ") + id.rawValue
        }
    }
}
