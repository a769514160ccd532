package import Council
package import Foundation
package import Store

extension StorageError {
    /// What keeps convocations from being approved and sent.
    package static func clock(behind newest: Date) -> Bilingual {
        let at = newest.formatted(.iso8601)
        return Bilingual(
            "L'horloge de cette machine retarde : une entrée du journal, ou un horodatage qu'il a reçu, est du \(at) (UTC). Rien n'a été approuvé ni envoyé, car les délais légaux seraient mal comptés ; rien n'est perdu. Demandez au service informatique de remettre la machine à l'heure (timedatectl) : tout reprend alors de soi-même. Si elle est à l'heure, et qu'elle avançait auparavant : « appariteur ledger clock --checked », qui l'inscrit au journal.",
            "This machine's clock is behind: an entry of the journal, or a timestamp that it received, is of \(at) (UTC). Nothing was approved or sent, since legal deadlines would be reckoned wrongly; nothing is lost. Ask IT to set the clock (timedatectl): all goes on by itself then. If it is right, and was ahead before: `appariteur ledger clock --checked`, which journals it."
        )
    }

    /// What keeps a clock from being called right.
    package static func clock(disprovedBy stamp: KnownTimestamp) -> Bilingual {
        let (at, authority) = (stamp.time.formatted(.iso8601), stamp.authority)
        return Bilingual(
            "Cette heure ne peut pas être juste : l'horodateur « \(authority) » a daté l'état du registre à \(stamp.size) entrées du \(at) (UTC), plus tard. Rien n'a été inscrit. Remettez la machine à l'heure (timedatectl) : tout reprend alors de soi-même. Si vous êtes certain que c'est l'horodateur qui se trompe : retirez-le de la configuration, puis « appariteur ledger clock --checked --despite-timestamps », qui inscrit au journal que vous contestez cet horodatage.",
            "This time can't be right: the timestamp authority “\(authority)” dated the register's state of \(stamp.size) entries \(at) (UTC), which is later. Nothing was journalled. Set the clock (timedatectl): all goes on by itself then. If you are certain that the authority is wrong: take it out of the configuration, then `appariteur ledger clock --checked --despite-timestamps`, which journals that you dispute that timestamp."
        )
    }
}

/// Why nothing is erased for ever by this clock.
package struct ClockLeap: WordedError, Hashable {
    package let now: Date
    /// What is known to have been lately: an entry's time, or a timestamp's.
    package let known: Date
    package let isTimestamp: Bool

    package init(now: Date, known: Date, isTimestamp: Bool) {
        self.now = now
        self.known = known
        self.isTimestamp = isTimestamp
    }

    package var words: Bilingual {
        let (now, known) = (self.now.formatted(.iso8601), known.formatted(.iso8601))
        return Bilingual(
            "L'horloge de cette machine dit \(now), plus de 60 jours après \(isTimestamp ? "le dernier horodatage du registre" : "la dernière heure à laquelle les entrées du journal mènent sans un tel saut") (\(known)) : si elle avance, la durée légale de conservation n'est pas passée. Rien n'a été effacé. Vérifiez l'heure (timedatectl), puis relancez avec --clock-checked, qui inscrit au journal qu'elle est juste.",
            "This machine's clock says \(now), more than 60 days after the \(isTimestamp ? "register's last timestamp" : "last time that the journal's entries lead to without such a leap") (\(known)): if it is ahead, the legal retention has not passed. Nothing was erased. Check the clock (timedatectl), then run it again with --clock-checked, which journals that it is right."
        )
    }
}
