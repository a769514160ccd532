import Council
package import Foundation

/// Instants are stored as whole milliseconds since 1970 (UTC): exact to compare, and what a commitment says.
extension Date {
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

/// RFC 3339 in UTC, written without a formatter: one is needed for each mail and each click.
package enum UTC {
    private static let day: Int64 = 86_400_000

    /// `2026-11-24T08:05:04.123Z`
    package static func exact(_ instant: Date) -> String { text(instant.milliseconds, fraction: true) }

    /// `2026-11-24T08:05:04Z`
    static func seconds(_ instant: Date) -> String { text(instant.milliseconds, fraction: false) }

    /// `2026-11-24T08:00:00Z`: what the public sees of an instant that concerns one member.
    static func hour(_ instant: Date) -> String {
        let value = instant.milliseconds
        return text(value - floorModulo(value, 3_600_000), fraction: false)
    }

    /// Reads what `exact` writes; nil: something else.
    package static func milliseconds(_ text: String) -> Int64? {
        // 2026-11-24T08:05:04.123Z
        let pattern = Array("####-##-##T##:##:##.###Z".utf8)
        var numbers: [Int] = [0]
        guard text.utf8.count == pattern.count else { return nil }
        for (byte, expected) in zip(text.utf8, pattern) {
            if expected == UInt8(ascii: "#") {
                guard (0x30...0x39).contains(byte) else { return nil }
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte - 0x30)
            } else {
                guard byte == expected else { return nil }
                numbers.append(0)
            }
        }
        guard let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]), numbers[3] < 24, numbers[4] < 60, numbers[5] < 60
        else { return nil }
        let seconds = Int64(numbers[3] * 3600 + numbers[4] * 60 + numbers[5])
        return Int64(date.dayNumber) * day + seconds * 1000 + Int64(numbers[6])
    }

    private static func text(_ milliseconds: Int64, fraction: Bool) -> String {
        let inDay = floorModulo(milliseconds, day)
        let date = CivilDate(dayNumber: Int((milliseconds - inDay) / day))
        let seconds = Int(inDay / 1000)
        let unusual = (0...9999).contains(date.year) ? "" : "\(date)T"
        return unusual
            + String(unsafeUninitializedCapacity: 24) { utf8 in
                var place = 0
                func put(_ value: Int, digits: Int, then end: Unicode.Scalar) {
                    var rest = value
                    for digit in stride(from: place + digits - 1, through: place, by: -1) {
                        utf8[digit] = 0x30 + UInt8(rest % 10)
                        rest /= 10
                    }
                    utf8[place + digits] = UInt8(ascii: end)
                    place += digits + 1
                }
                if unusual.isEmpty {
                    put(date.year, digits: 4, then: "-")
                    put(date.month, digits: 2, then: "-")
                    put(date.day, digits: 2, then: "T")
                }
                put(seconds / 3600, digits: 2, then: ":")
                put(seconds / 60 % 60, digits: 2, then: ":")
                put(seconds % 60, digits: 2, then: fraction ? "." : "Z")
                if fraction { put(Int(inDay % 1000), digits: 3, then: "Z") }
                return place
            }
    }

    private static func floorModulo(_ value: Int64, _ divisor: Int64) -> Int64 { ((value % divisor) + divisor) % divisor }
}
