import Foundation

/// `body.crl.pem`: revocation lists about the certificates of one chain, in the chain's order; those that weren't to be had are left
/// out.
struct ArchivedRevocations {
    /// By place in the chain of the certificate that the list is about.
    let lists: [Int: RevocationList]
    let chain: CertificateChain

    /// No file is longer: a chain's lists, each with a third more for PEM.
    static let longest = 6 << 20

    init(lists: [Int: RevocationList], chain: CertificateChain) {
        self.lists = lists
        self.chain = chain
    }

    init(parsing pem: [UInt8], of chain: CertificateChain, at time: Date) throws(EvidenceFault.Why) {
        guard let objects = PEMText.objects(in: pem, PEMText.revocationList) else { throw .listsUnreadable }
        var lists: [Int: RevocationList] = [:]
        var places = Array(chain.issued.enumerated())[...]
        for der in objects {
            do {
                let list = try RevocationList(der: der)
                while let (place, pair) = places.popFirst() {
                    guard try list.isAbout(pair.certificate, of: pair.issuer) else { continue }
                    lists[place] = list
                    break
                }
                guard lists.values.contains(list) else { throw EvidenceFault.Why.listForeign }
                guard list.covers(time) else { throw EvidenceFault.Why.listUntimely }
            } catch let why as EvidenceFault.Why {
                throw why
            } catch {
                throw .listsUnreadable
            }
        }
        self.lists = lists
        self.chain = chain
    }

    var pem: [UInt8] { PEMText.of(lists.sorted { $0.key < $1.key }.map(\.value.der), PEMText.revocationList) }

    /// What takes a token of that time back; nil: nothing here.
    func voiding(_ time: Date) throws(EvidenceFault.Why) -> Revocation? {
        for (place, list) in lists.sorted(by: { $0.key < $1.key }) {
            do {
                if let revocation = try list.revocation(of: chain.certificates[place]), revocation.voids(time) { return revocation }
            } catch {
                throw .listsUnreadable
            }
        }
        return nil
    }
}
