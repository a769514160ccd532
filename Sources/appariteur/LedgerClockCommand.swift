import ArgumentParser
import Council
import Foundation
import Gateway
import Notary
import Store

extension LedgerCommand {
    struct Clock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: Terminal.text(
                "L'horloge de la machine, comparée à l'heure la plus récente du journal et des horodatages ; --checked dit qu'elle est juste.",
                "The machine's clock, compared with the newest time of the journal and of timestamps; --checked says that it is right."),
            discussion: Terminal.text(
                "Rien n'est approuvé ni envoyé tant que l'horloge retarde de plus de 5 minutes sur le journal ou sur un horodatage reçu. Si c'est auparavant qu'elle avançait, --checked l'inscrit au journal, et tout reprend. --checked refuse une heure qu'un horodatage dément ; si c'est l'horodateur qui se trompe, --despite-timestamps inscrit aussi qu'on le conteste.",
                "Nothing is approved or sent while the clock is more than 5 minutes behind the journal or a timestamp received. If it was ahead before, --checked journals that, and all goes on. --checked refuses a time that a timestamp disproves; if it is the authority that is wrong, --despite-timestamps journals that it is disputed, too."
            ))
        @Flag(help: .words("L'heure de la machine a été vérifiée : elle est juste.", "The machine's clock was checked: it is right."))
        var checked =
            false
        @Flag(
            help: .words(
                "Avec --checked : elle est juste, et c'est l'horodateur qui se trompe.",
                "With --checked: it is right, and the timestamp authority is wrong.")) var despiteTimestamps = false
        @OptionGroup var place: PlaceOptions

        func run() async throws {
            if checked { return try await accept() }
            let gateway = try place.open()
            let (now, zone) = (gateway.clock.now(), gateway.settings.authority.timeZone)
            let journal = try await gateway.storage.newestEntryTime().map { Terminal.moment($0, zone) } ?? "–"
            let stamp = try await gateway.storage.newestTimestamp()
            let stamped = stamp.map { "\(Terminal.moment($0.time, zone)) (\($0.authority), \($0.size))" } ?? "–"
            Terminal.say(
                "machine : \(Terminal.moment(now, zone)) ; journal : \(journal) ; horodatage : \(stamped)",
                "machine: \(Terminal.moment(now, zone)); journal: \(journal); timestamp: \(stamped)")
            if let stamp, ClockRule.isBehind(now, newest: stamp.time) {
                Terminal.complain(StorageError.clock(disprovedBy: stamp).text(Terminal.language))
                throw Answer.no
            }
            if let newest = try await gateway.storage.newestTime(), ClockRule.isBehind(now, newest: newest) {
                Terminal.complain(StorageError.clock(behind: newest).text(Terminal.language))
                throw Answer.no
            }
        }

        private func accept() async throws {
            let gateway = try await place.openToChange()
            let (now, zone) = (gateway.clock.now(), gateway.settings.authority.timeZone)
            // An upgraded database learns of its timestamps with the service's first start, which may be yet to come.
            try await KnownTimestamp.learn(from: gateway.storage)
            let seq = try await gateway.storage.acceptClock(at: now, despiteTimestamp: despiteTimestamps)
            Terminal.say(
                "L'heure vérifiée, \(Terminal.moment(now, zone)), est l'entrée \(seq) du journal.",
                "The time checked, \(Terminal.moment(now, zone)), is entry \(seq) of the journal.")
        }
    }
}
