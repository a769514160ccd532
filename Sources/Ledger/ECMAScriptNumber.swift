/// ECMA-262 `Number::toString`, radix 10: the one text form of a double (RFC 8785 §3.2.2.3).
enum ECMAScriptNumber {
    static func text(of value: Double) -> String {
        guard value.isFinite else { return "null" }
        guard value != 0 else { return "0" }
        let sign = value < 0 ? "-" : ""
        let (digits, point) = shortest(value.magnitude)
        let count = digits.count
        // The value is 0.digits × 10^point.
        if count <= point, point <= 21 {
            return sign + String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: point - count)
        }
        if 0 < point, point <= 21 {
            return sign + String(decoding: digits[..<point], as: UTF8.self) + "." + String(decoding: digits[point...], as: UTF8.self)
        }
        if -6 < point, point <= 0 {
            return sign + "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
        }
        let exponent = point - 1
        let fraction = count > 1 ? "." + String(decoding: digits[1...], as: UTF8.self) : ""
        return sign + String(decoding: digits[..<1], as: UTF8.self) + fraction + "e" + (exponent < 0 ? "-" : "+")
            + String(exponent.magnitude)
    }

    /// The shortest digits that read back as `value` (> 0), without zeros at either end, and the place of the decimal point
    /// counted from their left. Swift's description has these digits; only its layout differs from ECMAScript's.
    private static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
        let parts = value.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = Array(mantissa[0].utf8)
        let fraction = mantissa.count > 1 ? Array(mantissa[1].utf8) : []
        let zero = UInt8(ascii: "0")
        let all = whole + fraction
        let leading = all.prefix { $0 == zero }.count
        var digits = Array(all.dropFirst(leading))
        while digits.last == zero { digits.removeLast() }
        return (digits, whole.count - leading + exponent)
    }
}
