import Foundation
package import Notary

extension Gateway {
    /// The roots that the configuration gives for its timestamp authorities. `check` tells of a file that can't be used; an audit
    /// then checks that authority's signatures without its root, and says so.
    package static func timestampRoots(_ settings: Settings) -> LedgerAudit.TimestampRoots {
        var roots: [String: CertificateAuthorities] = [:]
        for authority in settings.anchors.timestampAuthorities {
            roots[authority.name] = try? CertificateAuthorities(pem: Array(Data(contentsOf: authority.caFile)))
        }
        return LedgerAudit.TimestampRoots(byAuthority: roots)
    }
}
