package import Council
package import Foundation
package import Store

/// The part of the store that the register reads. It writes nothing.
package typealias RegisterReading = JournalStorage & AnchorStorage & RegisterStorage & AmendmentStorage

/// What the public register needs to know of its authority.
package struct RegisterSettings: Sendable {
    package var authority: Authority
    /// Where the public reaches this site, without a trailing slash: written into the instructions for other tools.
    package var baseURL: URL
    /// The public folder that the ledger is written to (`checkpoint`, `tile/…`, `anchors/…`).
    package var ledgerFolder: URL
    /// The ledger's public key, as `name+hash+base64` (c2sp.org/signed-note).
    package var verifierKey: String
    /// The page that checks a proof in the reader's own browser.
    package var verifierPage: [UInt8]
    /// How long the pages may be behind the store: within it, no visit reads the store.
    package var freshness: Duration

    package init(
        authority: Authority, baseURL: URL, ledgerFolder: URL, verifierKey: String, verifierPage: [UInt8], freshness: Duration = .seconds(1)
    ) {
        self.authority = authority
        self.baseURL = baseURL
        self.ledgerFolder = ledgerFolder
        self.verifierKey = verifierKey
        self.verifierPage = verifierPage
        self.freshness = freshness
    }
}
