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
        @Option(
            help: .words(
                "Avec --sitting et --edition member : le numéro de l'élu (voir « members list --json »).",
                "With --sitting and --edition member: the member's number (see `members list --json`).")) var member: Int64?
        @Option(
            help: .words(
                "Pour qui : clerk (le secrétariat : tout, par défaut), member (un élu : la séance et ce qui le concerne), citizen (le public : rien de personnel).",
                "For whom: clerk (all of it, the default), member (the sitting and what concerns this member), citizen (the public: nothing personal)."
            ))
        var edition: Edition?
        @Flag(
            help: .words(
                "Comme --edition citizen : n'ouvrir rien de ce qui concerne un élu.",
                "Like --edition citizen: open nothing that concerns a member.")) var anonymous = false
        @OptionGroup var target: OutputOptions
        @OptionGroup var place: PlaceOptions
        @OptionGroup var chain: BlockOptions

        private var chosen: Edition { edition ?? (anonymous ? .citizen : .clerk) }

        func validate() throws {
            guard [document != nil, convocation != nil, sitting != nil].filter({ $0 }).count == 1 else {
                throw ValidationError(
                    "Donnez une et une seule de ces options : --document, --convocation, --sitting.",
                    "Give exactly one of --document, --convocation, --sitting.")
            }
            guard !anonymous || chosen == .citizen else {
                throw ValidationError(
                    "--anonymous est l'édition du citoyen : pas avec --edition \(chosen.rawValue).",
                    "--anonymous is the citizen's edition: not with --edition \(chosen.rawValue).")
            }
            let namesMember = convocation != nil || sitting != nil && member != nil
            guard chosen != .member || namesMember else {
                throw ValidationError(
                    "L'édition de l'élu demande --convocation, ou --sitting avec --member.",
                    "A member's edition needs --convocation, or --sitting with --member.")
            }
            guard member == nil || chosen == .member && sitting != nil else {
                throw ValidationError(
                    "--member va avec --sitting et --edition member.", "--member goes with --sitting and --edition member.")
            }
        }

        func run() async throws {
            try target.check()
            let blocks = try chain.source()
            let gateway = try place.open()
            do {
                let proof = try await gateway.proofExporter().export(try await subject(gateway), for: chosen, blocks: blocks)
                try target.write(proof.archive)
                for warning in proof.warnings { Terminal.complain(warning.words.text(Terminal.language)) }
                let words = chosen.words
                Terminal.say(
                    "\(target.output) : \(Terminal.count(proof.facts, ("fait prouvé", "faits prouvés"), ("", ""))) ; \(words.french).",
                    "\(target.output): \(Terminal.count(proof.facts, ("", ""), ("fact proven", "facts proven"))); \(words.english).")
            } catch let error as ProofExportError {
                Terminal.complain(Terminal.words(error))
                throw Answer.no
            }
        }

        private func subject(_ gateway: Gateway) async throws -> ProofSubject {
            if let document { return .document(try Gateway.hash(of: URL(fileURLWithPath: document))) }
            if let convocation { return .convocation(ConvocationID(rawValue: convocation)) }
            let sitting = try await gateway.sitting(sitting ?? "").id
            guard let member else { return .sitting(sitting) }
            guard let status = try await gateway.storage.status(of: sitting).first(where: { $0.member.id.rawValue == member }) else {
                Terminal.complain(
                    "L'élu n° \(member) n'est pas convoqué à la séance « \(sitting) » (numéros : « appariteur members list --json »).",
                    "Member no. \(member) is not convened to sitting “\(sitting)” (numbers: `appariteur members list --json`).")
                throw Answer.no
            }
            return .convocation(status.id)
        }
    }
}

extension Edition: ExpressibleByArgument {}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: Terminal.text(
            "Vérifie des preuves, sans base, et sans réseau hors --node.",
            "Check proofs, without database, and without network but for --node."),
        discussion: Terminal.text(
            "Statut 0 : ce qui est dit est établi, « Attention » compris (une page ou un mode d'emploi étrangers n'ôtent rien à la preuve) ; 1 : refusé, avec la raison ; 2 : un fichier ne peut pas être lu, ou la demande est fausse.",
            "Exit status 0: what is said is proven, “Beware” included (a page or instructions that aren't ours take nothing from the proof); 1: refused, with the reason; 2: a file can't be read, or the question is wrong."
        ))
    @Argument(help: .words("Les fichiers de preuve (.asice).", "Proof files (.asice).")) var proofs: [String]
    @Option(help: .words("Le document sur lequel la preuve doit porter.", "The document that the proof should be about.")) var document:
        String?
    @Option(help: .words("La clé du registre, obtenue par ailleurs.", "The register's key, as you got it elsewhere.")) var logKey: String?
    @Option(
        help: .words(
            "Les racines des autorités d'horodatage que vous reconnaissez (PEM).", "Roots of timestamp authorities that you trust (PEM)."))
    var timestampCA: String?
    @OptionGroup var witnessing: WitnessOptions
    @OptionGroup var chain: BlockOptions
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let witnesses = try witnessing.policy()
        let hash = try document.map {
            _ = try ProofFile.check($0)
            return try Gateway.hash(of: URL(fileURLWithPath: $0))
        }
        let key = try logKey.map { try NoteVerifierKey(parsing: $0) }
        let roots = try timestampCA.map { try CertificateAuthorities(file: URL(fileURLWithPath: $0)) }
        let blocks = try chain.source()
        let words = ProofWords(Language(Terminal.language))
        let now = Date()
        var (isRefused, isUnread) = (false, false)
        for proof in proofs {
            do {
                let bytes = try ProofFile.bytes(of: proof)
                var report = try ProofVerifier.verify(
                    bytes, document: hash, key: key, authorities: roots, witnesses: witnesses, now: now)
                if let blocks, !report.blockHeights.isEmpty {
                    let known = try await blocks.blocks(at: report.blockHeights)
                    report = try ProofVerifier.verify(
                        bytes, document: hash, key: key, authorities: roots, blocks: known, witnesses: witnesses, now: now)
                }
                Terminal.out(format.json ? String(decoding: report.json.canonical, as: UTF8.self) : words.text(of: report))
            } catch let error as ProofRefusal {
                isRefused = true
                tell(proof, words.refusal(error), error.code, proof + Terminal.text(" : ", ": "))
            } catch let error as ProofFileFault {
                if error.isUsage { isUnread = true } else { isRefused = true }
                tell(proof, Terminal.words(error), error.code)
            }
        }
        if isRefused { throw Answer.no }
        if isUnread { throw Answer.wrong }
    }

    private func tell(_ file: String, _ words: String, _ code: String, _ place: String = "") {
        guard format.json else { return Terminal.complain(place + words) }
        let answer: JSON = ["refused": .string(words), "code": .string(code), "file": .string(file)]
        Terminal.out(String(decoding: answer.canonical, as: UTF8.self))
    }
}

/// Whose cosignatures `verify` believes.
struct WitnessOptions: ParsableArguments {
    @Option(
        help: .words(
            "La clé d'un témoin, obtenue de lui : la preuve doit porter sa cosignature (répétable).",
            "A witness's key, as you got it from them: the proof must have its cosignature (repeatable).")) var witnessKey: [String] = []
    @Option(
        help: .words(
            "Combien de ces témoins suffisent (à défaut : tous).", "How many of these witnesses are enough (default: all)."))
    var witnessThreshold: Int?

    func validate() throws {
        guard let witnessThreshold else { return }
        guard !witnessKey.isEmpty, (1...witnessKey.count).contains(witnessThreshold) else {
            throw ValidationError(
                "--witness-threshold va de 1 au nombre de --witness-key.",
                "--witness-threshold is from 1 to the number of --witness-key.")
        }
    }

    /// Nil: none was given.
    func policy() throws -> WitnessPolicy? {
        guard !witnessKey.isEmpty else { return nil }
        let keys: [CosignerKey]
        do {
            keys = try witnessKey.map { try CosignerKey(parsing: $0) }
        } catch {
            Terminal.complain(
                "--witness-key : ce n'est pas la clé d'un témoin (\(Terminal.words(error))).",
                "--witness-key: not a witness's key (\(Terminal.words(error))).")
            throw Answer.wrong
        }
        guard let policy = WitnessPolicy(keys: keys, threshold: witnessThreshold) else {
            Terminal.complain(
                "--witness-threshold : la même clé deux fois est un seul témoin.",
                "--witness-threshold: the same key twice is one witness.")
            throw Answer.wrong
        }
        return policy
    }
}

extension ProofRefusal {
    /// What programs tell refusals apart by: the case's name.
    fileprivate var code: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}
