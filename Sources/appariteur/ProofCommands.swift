import ArgumentParser
import Council
import Foundation
import Gateway
import Ledger
import Notary
import Store

struct ProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Proofs that a third party checks offline.", subcommands: [Export.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One file that proves one fact.")
        @Option(help: "A document's file: proves when these bytes were received.") var document: String?
        @Option(help: "A convocation's number (see `sittings status --json`): issued, served, acknowledged.") var convocation: Int64?
        @Option(help: "A sitting: every entry about it.") var sitting: String?
        @Flag(help: "Open nothing that concerns a member: fit for anyone's eyes.") var anonymous = false
        @Option(name: .shortAndLong, help: "Where to write it.") var output: String
        @OptionGroup var place: PlaceOptions

        func validate() throws {
            guard [document != nil, convocation != nil, sitting != nil].filter({ $0 }).count == 1 else {
                throw ValidationError("Give exactly one of --document, --convocation, --sitting.")
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
                for warning in proof.warnings { Terminal.complain("\(warning)") }
                Terminal.say("\(output) : \(proof.facts) faits prouvés.", "\(output): \(proof.facts) facts proven.")
            } catch let error as ProofExportError {
                Terminal.complain("\(error)")
                throw Answer.no
            }
        }
    }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check proofs, without network or database.",
        discussion: "Exit status 0: what is said is proven; 1: refused, with the reason.")
    @Argument(help: "Proof files (.asice).") var proofs: [String]
    @Option(help: "The document that the proof should be about.") var document: String?
    @Option(help: "The register's key, as you got it elsewhere.") var logKey: String?
    @Option(help: "Roots of timestamp authorities that you trust (PEM).") var timestampCA: String?
    @OptionGroup var format: FormatOptions

    func run() async throws {
        let hash = try document.map { try Gateway.hash(of: URL(fileURLWithPath: $0)) }
        let key = try logKey.map { try NoteVerifierKey(parsing: $0) }
        let roots = try timestampCA.map { try CertificateAuthorities(pem: Array(Data(contentsOf: URL(fileURLWithPath: $0)))) }
        let words = ProofWords(Terminal.proofLanguage)
        var isRefused = false
        for proof in proofs {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: proof)))
            do throws(ProofRefusal) {
                let report = try ProofVerifier.verify(bytes, document: hash, key: key, authorities: roots)
                Terminal.out(format.json ? String(decoding: report.json.canonical, as: UTF8.self) : words.text(of: report))
            } catch {
                isRefused = true
                if format.json {
                    Terminal.out(
                        String(decoding: (["refused": .string("\(error)"), "file": .string(proof)] as JSON).canonical, as: UTF8.self))
                } else {
                    Terminal.complain("\(proof): " + words.refusal(error))
                }
            }
        }
        if isRefused { throw Answer.no }
    }
}

extension Terminal {
    static var proofLanguage: Language { language == .french ? .french : .english }
}
