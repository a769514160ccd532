import COpenSSL

/// What OpenSSL's error queue of this thread held, in words. Draining it is part of the failure: an entry left behind
/// would be taken for the reason of the next one.
package struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done: `reading the certificate`.
    package let doing: String
    /// OpenSSL's reasons, the innermost first; may be empty.
    package let reasons: [String]
    /// Reason codes (`TS_R_…`) of the entries that come from its timestamp library.
    package let timestampReasons: [Int32]

    package init(doing: String, reasons: [String], timestampReasons: [Int32] = []) {
        self.doing = doing
        self.reasons = reasons
        self.timestampReasons = timestampReasons
    }

    package var description: String {
        doing + (reasons.isEmpty ? ": no reason given" : ": " + reasons.joined(separator: "; "))
    }

    package static func drained(doing: String) -> OpenSSLError {
        var reasons: [String] = []
        var timestampReasons: [Int32] = []
        while true {
            var data: UnsafePointer<CChar>?
            var flags: Int32 = 0
            let code = ERR_get_error_all(nil, nil, nil, &data, &flags)
            if code == 0 { break }
            var words = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
            if let data, flags & ERR_TXT_STRING != 0, data.pointee != 0 { words += " (" + String(cString: data) + ")" }
            reasons.append(words)
            if copenssl_is_timestamp_error(code) != 0 { timestampReasons.append(copenssl_reason(code)) }
        }
        return OpenSSLError(doing: doing, reasons: reasons, timestampReasons: timestampReasons)
    }

    /// Throws unless a C function said 1.
    package static func check(_ result: Int32, doing: String) throws(OpenSSLError) {
        guard result == 1 else { throw drained(doing: doing) }
    }
}
