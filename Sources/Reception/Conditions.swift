import Hummingbird

/// What a Range header asks of a representation of `size` bytes (RFC 9110 §14.1.2). Several ranges are answered with the whole:
/// a server may (§14.2), and no PDF reader needs them.
package enum ByteRange: Equatable {
    case whole
    case part(ClosedRange<Int64>)
    case unsatisfiable

    package static func parse(_ header: String, size: Int64) -> ByteRange {
        let sides = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, sides[0].lowercased() == "bytes" else { return .whole }
        let ranges = sides[1].split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty }
        guard ranges.count == 1 else { return .whole }
        let ends = ranges[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return .whole }
        switch (number(ends[0]), number(ends[1])) {
        case (nil, nil): return .whole
        case (nil, let suffix?): return suffix == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - suffix)...size - 1)
        case (let first?, nil): return first >= size ? .unsatisfiable : .part(first...size - 1)
        case (let first?, let last?) where first > last: return .whole
        case (let first?, let last?): return first >= size ? .unsatisfiable : .part(first...min(last, size - 1))
        }
    }

    /// Digits only, as checked; what is too great for a number is greater than any file.
    private static func number(_ digits: Substring) -> Int64? {
        digits.isEmpty ? nil : Int64(digits) ?? .max
    }
}

/// Conditions on the version that the client has (RFC 9110 §13.2.2). Our tag is strong and never changes.
enum Preconditions {
    case proceed
    case notModified
    case failed

    static func judge(_ headers: HTTPFields, tag: String) -> Preconditions {
        if let required = headers[.ifMatch], !matches(required, tag, weakly: false) { return .failed }
        if let known = headers[.ifNoneMatch], matches(known, tag, weakly: true) { return .notModified }
        return .proceed
    }

    /// Our tags hold no comma, so splitting at commas never makes one out of another's pieces.
    private static func matches(_ header: String, _ tag: String, weakly: Bool) -> Bool {
        header.split(separator: ",").contains { part in
            var part = part.trimmingPrefix(while: \.isWhitespace)
            while part.last?.isWhitespace == true { part.removeLast() }
            if weakly, part.hasPrefix("W/") { part = part.dropFirst(2) }
            return part == tag || part == "*"
        }
    }
}
