import ArgumentParser
import Council
import Foundation
import Gateway
import Ledger
import Notary
import Store

struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: Terminal.text("Des preuves qu'un tiers vérifie hors ligne.", "Proofs that a third party checks offline."),
        subcommands: [Export.self, Chainpoint.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text("Un fichier qui prouve un fait.", "One file that proves one fact."))
        @Option(
            help: .words(
                "Le fichier d'un document : prouve quand il a été reçu, à l'octet près.",
                "A document's file: proves when these bytes were received.")) var document: String?
        @Option(
            help: .words(
                "Le numéro d'une convocation (voir « sittings status --json ») : émise, servie, accusée.",
                "A convocation's number (see `sittings status --json`): issued, served, acknowledged.")) var convocation: Int64?
        @Option(help: .words("Une séance : tout ce que le registre en a.", "A sitting: every entry about it.")) var sitting: String?
        @Flag(
            help: .words(
                "N'ouvrir rien de ce qui concerne un élu : la preuve peut être montrée à tous.",
                "Open nothing that concerns a member: fit for anyone's eyes.")) var anonymous = false
        @Option(name: .shortAndLong, help: .words("Où l'écrire.", "Where to write it.")) var output: String
        @OptionGroup var place: PlaceOptions

        func validate() throws {
            guard [document != nil, convocation != nil, sitting != nil].filter({ $0 }).count == 1 else {
                throw ValidationError(
                    "Donnez une et une seule de ces options : --document, --convocation, --sitting.",
                    "Give exactly one of --document, --convocation, --sitting.")
            }
        }

        func run() async throws {
            let gateway = try place.open()
            let subject: ProofSubject
            if let document {
                subject = .document(try Gateway.hash(of: URL(fileURLWithPath: document)))
            } else if let convocation {
                subject = .convocation(ConvocationID(rawValue: convocation))
            } else {
                subject = .sitting(try await gateway.sitting(sitting ?? "").id)
            }
            do {
                let proof = try await gateway.proofExporter().export(subject, for: anonymous ? .anyone : .entitled)
                try Data(proof.archive).write(to: URL(fileURLWithPath: output), options: .atomic)
                for warning in proof.warnings { Terminal.complain(warning.words.text(Terminal.language)) }
                Terminal.say(
                    "\(output) : \(Terminal.count(proof.facts, ("fait prouvé", "faits prouvés"), ("", ""))).",
                    "\(output): \(Terminal.count(proof.facts, ("", ""), ("fact proven", "facts proven"))).")
            } catch let error as ProofExportError {
                Terminal.complain(Terminal.words(error))
                throw Answer.no
            }
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: Terminal.text(
            "Vérifie des preuves, sans base, et sans réseau hors --node.",
            "Check proofs, without database, and without network but for --node."),
        discussion: Terminal.text(
            "Statut 0 : ce qui est dit est établi ; 1 : refusé, avec la raison.",
            "Exit status 0: what is said is proven; 1: refused, with the reason."))
    @Argument(help: .words("Les fichiers de preuve (.asice).", "Proof files (.asice).")) var proofs: [String]
    @Option(help: .words("Le document sur lequel la preuve doit porter.", "The document that the proof should be about.")) var document:
        String?
    @Option(help: .words("La clé du registre, obtenue par ailleurs.", "The register's key, as you got it elsewhere.")) var logKey: String?
    @Option(
        help: .words(
            "Les racines des autorités d'horodatage que vous reconnaissez (PEM).", "Roots of timestamp authorities that you trust (PEM)."))
    var timestampCA: String?
    @OptionGroup var chain: BlockOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let hash = try document.map { try Gateway.hash(of: URL(fileURLWithPath: $0)) }
        let key = try logKey.map { try NoteVerifierKey(parsing: $0) }
        let roots = try timestampCA.map { try CertificateAuthorities(file: URL(fileURLWithPath: $0)) }
        let blocks = try chain.source()
        let words = ProofWords(Language(Terminal.language))
        let now = Date()
        var isRefused = false
        for proof in proofs {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: proof)))
            do {
                var report = try ProofVerifier.verify(bytes, document: hash, key: key, authorities: roots, now: now)
                if let blocks, !report.blockHeights.isEmpty {
                    let known = try await blocks.blocks(at: report.blockHeights)
                    report = try ProofVerifier.verify(bytes, document: hash, key: key, authorities: roots, blocks: known, now: now)
                }
                Terminal.out(format.json ? String(decoding: report.json.canonical, as: UTF8.self) : words.text(of: report))
            } catch let error as ProofRefusal {
                isRefused = true
                if format.json {
                    let answer: JSON = ["refused": .string(words.refusal(error)), "code": .string(error.code), "file": .string(proof)]
                    Terminal.out(String(decoding: answer.canonical, as: UTF8.self))
                } else {
                    Terminal.complain(proof + Terminal.text(" : ", ": ") + words.refusal(error))
                }
            }
        }
        if isRefused { throw Answer.no }
    }
}

extension ProofRefusal {
    /// What programs tell refusals apart by: the case's name.
    fileprivate var code: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}
