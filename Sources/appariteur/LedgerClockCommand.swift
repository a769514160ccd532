import ArgumentParser
import Council
import Foundation
import Gateway
import Store

extension LedgerCommand {
    struct Clock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "L'horloge de la machine, comparée à l'heure la plus récente du journal ; --checked dit qu'elle est juste.",
                "The machine's clock, compared with the journal's newest time; --checked says that it is right."),
            discussion: Terminal.text(
                "Rien n'est approuvé ni envoyé tant que l'horloge retarde de plus de 5 minutes sur le journal. Si c'est auparavant qu'elle avançait, --checked l'inscrit au journal, et tout reprend.",
                "Nothing is approved or sent while the clock is more than 5 minutes behind the journal. If it was ahead before, --checked journals that, and all goes on."
            ))
        @Flag(help: .words("L'heure de la machine a été vérifiée : elle est juste.", "The machine's clock was checked: it is right."))
        var checked =
            false
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            if checked { return try await accept() }
            let gateway = try place.open()
            let (now, zone) = (gateway.clock.now(), gateway.settings.authority.timeZone)
            let newest = try await gateway.storage.newestTime()
            Terminal.say(
                "machine : \(Terminal.moment(now, zone)) ; journal : \(newest.map { Terminal.moment($0, zone) } ?? "–")",
                "machine: \(Terminal.moment(now, zone)); journal: \(newest.map { Terminal.moment($0, zone) } ?? "–")")
            if let newest, ClockRule.isBehind(now, newest: newest) {
                Terminal.complain(StorageError.clock(behind: newest).text(Terminal.language))
                throw Answer.no
            }
        }

        private func accept() async throws {
            let gateway = try await place.openToChange()
            let (now, zone) = (gateway.clock.now(), gateway.settings.authority.timeZone)
            let seq = try await gateway.storage.acceptClock(at: now)
            Terminal.say(
                "L'heure vérifiée, \(Terminal.moment(now, zone)), est l'entrée \(seq) du journal.",
                "The time checked, \(Terminal.moment(now, zone)), is entry \(seq) of the journal.")
        }
    }
}
