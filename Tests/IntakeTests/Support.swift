import Council
import Foundation
import Intake

func day(_ text: String) -> CivilDate {
    guard let date = CivilDate(iso: text) else { preconditionFailure("no such day: \(text)") }
    return date
}

let paris: TimeZone = {
    guard let zone = TimeZone(identifier: "Europe/Paris") else { preconditionFailure("no time zone data") }
    return zone
}()

let agglo = Authority(
    name: "Communauté d'agglomération du Golfe", siren: "200000000", timeZone: paris,
    bodies: [
        Body(
            id: BodyID(rawValue: "conseil"), name: "Conseil communautaire", aliases: ["Conseil d'agglo"],
            notice: NoticeRule(clearDays: 5)),
        Body(id: BodyID(rawValue: "bureau"), name: "Bureau", notice: NoticeRule(clearDays: 3)),
        Body(id: BodyID(rawValue: "eau"), name: "Commission eau/énergie, climat", notice: NoticeRule(clearDays: 3)),
        Body(id: BodyID(rawValue: "commission-3"), name: "Commission n° 3", notice: NoticeRule(clearDays: 3)),
    ])

/// An instant on Paris's clocks: `2026-11-24 08:30`.
func instant(_ text: String) -> Date {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = paris
    formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
    guard let date = formatter.date(from: text.count == 16 ? text + ":00" : text) else { preconditionFailure("no such instant: \(text)") }
    return date
}

/// The mistakes of something that must not pass.
func mistakes<T>(_ work: () throws(Mistakes) -> T) -> [Mistake] {
    do throws(Mistakes) {
        _ = try work()
        return []
    } catch {
        return error.list
    }
}

/// SplitMix64: the same numbers at each run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func pick<T>(_ list: [T]) -> T { list[Int(next() % UInt64(list.count))] }
}
