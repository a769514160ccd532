import Council
import Curl
import Foundation

/// What somebody else's clock said, and between which instants of ours.
struct ClockSample: Hashable, Sendable {
    let source: String
    /// How far ours is ahead, in seconds: no more than what is certain, given how long the answer took and that it tells whole seconds.
    let ahead: TimeInterval

    init(source: String, theirs: Date, before: Date, after: Date) {
        self.source = source
        let late = before.timeIntervalSince(theirs) - 1
        let early = after.timeIntervalSince(theirs)
        ahead = late > 0 ? late : early < 0 ? early : 0
    }

    /// By the `Date` header (RFC 9110 §6.6.1); nil: there is none.
    init?(_ answer: HTTPClient.Answer, from source: String, before: Date, after: Date) {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let text = answer.header("Date"), let date = format.date(from: text) else { return nil }
        self.init(source: source, theirs: date, before: before, after: after)
    }
}

extension Doctor {
    /// The middle one of several: one clock that is wrong isn't ours.
    func clockFindings(_ samples: [ClockSample]) -> [DoctorFinding] {
        guard !samples.isEmpty else {
            return [
                .warning(
                    "clock", "", Bilingual("aucune horloge à laquelle comparer", "no clock to compare with"),
                    why: Self.whyClock, Bilingual("vérifier : timedatectl", "see: timedatectl"))
            ]
        }
        let sorted = samples.sorted { $0.ahead < $1.ahead }
        let middle = sorted[sorted.count / 2]
        let seconds = Int(abs(middle.ahead).rounded(.up))
        let place = middle.source
        let fix = Bilingual(
            "mettre l'horloge à l'heure (chrony, timedatectl set-ntp true)", "set the clock (chrony, timedatectl set-ntp true)")
        let words =
            middle.ahead > 0
            ? Bilingual("cette machine avance d'environ \(seconds) s", "this machine is about \(seconds) s fast")
            : Bilingual("cette machine retarde d'environ \(seconds) s", "this machine is about \(seconds) s slow")
        return switch seconds {
        case 61...: [.failure("clock", place, words, why: Self.whyClock, fix)]
        case 6...: [.warning("clock", place, words, why: Self.whyClock, fix)]
        default: [.ok("clock", place, Bilingual("à l'heure (à 5 s près)", "right (within 5 s)"))]
        }
    }

    private static let whyClock = Bilingual(
        "l'heure d'envoi fait foi pour les jours francs, et les preuves la citent",
        "the moment of sending counts for the clear days, and proofs quote it")
}
