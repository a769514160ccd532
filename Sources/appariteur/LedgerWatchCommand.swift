import ArgumentParser
import Council
import Curl
import Foundation
import Gateway
import Ledger
import Notary

extension LedgerCommand {
    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "Suivre un registre, le sien ou celui d'un voisin : chaque état doit continuer le précédent.",
                "Follow a register, one's own or a neighbour's: each state must continue the one before."),
            discussion: Terminal.text(
                "Code de sortie 1 : le registre a été réécrit, a reculé ou n'est pas le sien ; les deux états signés sont gardés comme preuve. 2 : rien n'a pu être vérifié (avec --once).",
                "Exit status 1: the register was rewritten, went back, or isn't its own; both signed states are kept as evidence. 2: nothing could be checked (with --once)."
            ))
        @Argument(
            help: .words(
                "L'adresse du registre, par exemple https://convocations.agglo.example/ledger.",
                "The register's address, such as https://convocations.agglo.example/ledger."))
        var url: String
        @Option(
            help: .words(
                "La clé du registre (fichier vkey), obtenue de préférence par un autre chemin.",
                "The register's key (file vkey), preferably as you got it elsewhere."))
        var logKey: String
        @Option(
            help: .words(
                "Le dossier de suivi, un par registre (par défaut : sous ~/.local/state/appariteur).",
                "The watch's folder, one a register (default: below ~/.local/state/appariteur)."))
        var state: String?
        @Flag(help: .words("Regarder une fois, et finir.", "Look once, and end.")) var once = false
        @Option(help: .words("Secondes entre deux regards.", "Seconds between two looks.")) var interval = 300

        func validate() throws {
            let parts = URLComponents(string: url)
            guard let scheme = parts?.scheme, ["http", "https"].contains(scheme), parts?.host?.isEmpty == false else {
                throw ValidationError("« \(url) » n'est pas une adresse http(s)://.", "“\(url)” is not an http(s):// address.")
            }
            guard interval >= 1 else { throw ValidationError("--interval : une seconde au moins.", "--interval: one second at least.") }
            if state?.isEmpty == true { throw ValidationError("--state : donnez le nom d'un dossier.", "--state: name a folder.") }
        }

        func run() async throws {
            let key: NoteVerifierKey
            do { key = try NoteVerifierKey(parsing: logKey) } catch {
                Terminal.complain("--log-key : ce n'est pas une clé de registre (\(error)).", "--log-key: not a register's key (\(error)).")
                throw Answer.wrong
            }
            let folder = state.map { URL(fileURLWithPath: $0) } ?? Self.defaultFolder(key)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let http = HTTPClient(.init(timeout: .seconds(30), threads: 2))
            let watcher = LedgerWatcher(url: url, key: key, state: try WatchState(folder: folder, key: key), http: http)
            while true {
                do {
                    Self.tell(try await watcher.look(), key.name)
                } catch let alarm as WatchAlarm {
                    Terminal.complain(Terminal.words(alarm))
                    throw Answer.no
                } catch let fault as WatchFault where !once {
                    switch fault {
                    // Another look may succeed.
                    case .unreachable, .status, .notACheckpoint: Terminal.complain(Terminal.words(fault))
                    case .otherLedger, .damagedState: throw fault
                    }
                }
                if once { return }
                try await Task.sleep(for: .seconds(interval))
            }
        }

        private static func tell(_ sight: WatchSight, _ name: String) {
            let name = name.printable
            switch sight {
            case .first(let size):
                Terminal.say("\(name) : \(size) entrées, premier état retenu.", "\(name): \(size) entries, the first state remembered.")
            case .unchanged(let size): Terminal.say("\(name) : \(size) entrées, inchangé.", "\(name): \(size) entries, unchanged.")
            case .grown(let old, let new):
                Terminal.say(
                    "\(name) : \(new) entrées ; les \(old) d'avant y sont, inchangées.",
                    "\(name): \(new) entries; the \(old) of before are there, unchanged.")
            }
        }

        private static func defaultFolder(_ key: NoteVerifierKey) -> URL {
            let environment = ProcessInfo.processInfo.environment
            let base =
                environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
                ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".local/state")
            return base.appendingPathComponent("appariteur/watch/" + WitnessStateFolder.hash(ofOrigin: key.description).prefix(16))
        }
    }
}
