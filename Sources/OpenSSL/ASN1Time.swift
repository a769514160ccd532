package import COpenSSL
package import Foundation

package enum ASN1Time {
    package static func date(_ time: UnsafePointer<ASN1_TIME>?, doing: String) throws(OpenSSLError) -> Date {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { throw OpenSSLError.drained(doing: doing) }
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}
