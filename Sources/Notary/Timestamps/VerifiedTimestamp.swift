package import Council
package import Foundation

/// A token that holds: signed by an authority trusted at its own time, over the bytes asked about.
package struct VerifiedTimestamp: Hashable, Sendable {
    /// The whole response (DER `TimeStampResp`): what `openssl ts -verify -in` reads.
    package let response: [UInt8]
    package let imprint: ContentHash
    /// When the authority says it saw the imprint, to the second.
    package let time: Date
    /// Upper-case hexadecimal.
    package let serial: String
    /// Dotted numbers.
    package let policy: String
    /// The signing certificate's subject.
    package let authority: String
    /// DER of the certificate that signed.
    let signer: [UInt8]
    /// DER of the certificates that the token carries.
    package let certificates: [[UInt8]]
}
