import Council
import Foundation
import Ledger
import Store

/// One proof, as an entry commits it.
struct ToldProof: Sendable {
    struct Place: Hashable, Sendable {
        let size: UInt64
        let method: String
        let authority: String
    }

    let seq: UInt64
    let place: Place
    /// Of its bytes; nil: it was not complete yet, and grows.
    let hash: String?
    let transaction: String?

    init?(_ json: JSON, seq: UInt64) {
        guard let size = json["size"]?.whole.flatMap({ UInt64(exactly: $0) }), let method = json["method"]?.text,
            let authority = json["authority"]?.text
        else { return nil }
        self.seq = seq
        place = Place(size: size, method: method, authority: authority)
        hash = json["hash"]?.text
        transaction = json["transaction"]?.text
    }
}

extension AuditRun {
    /// Each proof that an entry commits is still in the database, as it was when it was complete. (That the files are those of the rows,
    /// byte for byte, is compared with the folders.)
    func checkToldProofs() async throws {
        guard let storage = audit.storage, !toldProofs.isEmpty else { return }
        let records = Dictionary(
            try await storage.anchors(of: nil).map {
                (ToldProof.Place(size: $0.size, method: $0.method.rawValue, authority: $0.authority), $0)
            }, uniquingKeysWith: { first, _ in first })
        var hashes: [ToldProof.Place: String] = [:]
        var transactions: [ToldProof.Place: String] = [:]
        var told: Set<ToldProof.Place> = []
        for proof in toldProofs {
            if let hash = proof.hash, let earlier = hashes.updateValue(hash, forKey: proof.place), earlier != hash {
                report(proof, "une autre preuve avait été inscrite avant celle-ci", "another proof was committed before this one")
            }
            if let id = proof.transaction { transactions[proof.place] = id }
        }
        for proof in toldProofs.reversed() where told.insert(proof.place).inserted {
            guard let record = records[proof.place] else {
                report(proof, "la ligne de la base a disparu", "the database's row is gone")
                continue
            }
            if record.state == .wanted || record.bytes.isEmpty && record.transaction == nil {
                report(
                    proof, "la ligne de la base n'a plus la preuve (état « \(record.state.rawValue) »)",
                    "the database's row no longer has the proof (state “\(record.state.rawValue)”)")
            } else if let hash = hashes[proof.place], record.state != .complete || ContentHash(sha256Of: record.bytes).hex != hash {
                report(proof, "la base a d'autres octets que la preuve inscrite", "the database has other bytes than the proof committed")
            } else if let id = transactions[proof.place], record.transaction?.id != id {
                report(proof, "la base a une autre transaction", "the database has another transaction")
            }
        }
    }

    private func report(_ proof: ToldProof, _ french: String, _ english: String) {
        let place = "\(proof.place.size) \(proof.place.method) \(proof.place.authority)"
        report.add(
            "anchor", seq: proof.seq,
            "ligne \(place) : \(french), alors que le journal témoigne de cette preuve : reprenez la base et le dossier anchors/\(proof.place.size) d'une sauvegarde",
            "row \(place): \(english), though the journal commits this proof: restore the database and the folder anchors/\(proof.place.size) from a backup"
        )
    }
}
