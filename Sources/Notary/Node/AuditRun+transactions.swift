import Council
import Store

/// What a node was paid for, against itself: the transaction's id, what it carries, and the block that the proof leads to.
/// (Whether the chain has it, `verify --node` tells.)
extension AuditRun {
    func checkTransactions(_ records: [AnchorRecord], _ digest: ContentHash) {
        for record in records {
            guard let transaction = record.transaction else { continue }
            let row = (french: "ligne \(record.size) \(record.authority) : ", english: "row \(record.size) \(record.authority): ")
            do throws(RawTransaction.Malformed) {
                let raw = try RawTransaction(parsing: transaction.bytes)
                if raw.id != transaction.id {
                    report.add(
                        "anchor", row.french + "la transaction n'est pas celle de ce numéro", row.english + "the transaction has another id"
                    )
                } else if raw.around(digest.bytes) == nil {
                    report.add(
                        "anchor", row.french + "la transaction ne porte pas le texte à côté",
                        row.english + "the transaction doesn't carry the body beside it")
                }
            } catch {
                report.add("anchor", row.french + "transaction illisible", row.english + "the transaction can't be read")
            }
            if record.authority != transaction.network {
                report.add("anchor", row.french + "elle nomme un autre réseau", row.english + "it names another network")
            }
            if record.state == .complete, let block = transaction.block, !Self.leads(record, to: block.height) {
                report.add(
                    "anchor", row.french + "la preuve ne mène pas au bloc \(block.height)",
                    row.english + "the proof doesn't lead to block \(block.height)")
            }
        }
    }

    private static func leads(_ record: AnchorRecord, to height: UInt64) -> Bool {
        // A proof that can't be read is told elsewhere; here it leads nowhere.
        guard let proof = try? OpenTimestamps.DetachedProof(parsing: record.bytes), let attested = try? proof.attested() else {
            return false
        }
        return attested.map(\.attestation) == [.bitcoin(height: height)]
    }
}
