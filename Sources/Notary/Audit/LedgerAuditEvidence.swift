import Council
import Ledger
import Store

/// The outside evidence of one anchored checkpoint: what was published, and what the database says was received.
extension AuditRun {
    func checkEvidence(_ names: Set<String>, of size: UInt64, body: [UInt8], _ records: [AnchorRecord]) {
        let digest = ContentHash(sha256Of: body)
        let path = "anchors/\(size)"
        checkTimestamps(names.compactMap { EvidenceName($0) }, of: size, body, records)
        let tokens = records.filter { $0.method == .rfc3161 }
        for record in tokens where !record.bytes.isEmpty {
            let name = AnchorFiles.tokenName(record.authority, among: tokens.count)
            // A row that is damaged itself accuses no file.
            let stamp = checkToken(record.bytes, over: digest, of: record.authority, row: "\(size) \(record.authority)")
            if !names.contains(name) {
                reportMissing("\(path)/\(name)", isUnderWay: stamp.map(isRecent) ?? false)
            } else if stamp != nil, let bytes = read("\(path)/\(name)", limit: ArchivedRevocations.longest), bytes != record.bytes {
                report.add(
                    "\(path)/\(name)",
                    "ce n'est pas l'horodatage que la base a reçu, et dont le journal témoigne : il a été échangé ou abîmé (le service remet le bon à son démarrage, et garde celui-ci dans ledger.set-aside)",
                    "it is not the timestamp that the database received, to which the journal commits: it was exchanged or damaged (the service puts the right one back when it starts, and keeps this one in ledger.set-aside)"
                )
            }
        }
        checkProofs(names, of: size, digest, records.filter { $0.proof != nil })
        checkHeaders(names, of: size, digest)
        checkTransactions(records, digest)
        for record in records where record.state == .complete && !isComplete(record) {
            report.add(
                "anchor", "ligne \(size) \(record.authority) : dite complète, sans bloc ni jeton",
                "row \(size) \(record.authority): said to be complete, without block or token")
        }
    }

    /// The database has it. `isUnderWay`: a service that was stopped right then hasn't written it yet.
    private func reportMissing(_ path: String, isUnderWay: Bool) {
        if isUnderWay {
            return report.note(
                path,
                Bilingual(
                    "la base a cette preuve, le fichier n'est pas encore écrit : le service le fait, ou le fera à son démarrage",
                    "the database has this proof, its file isn't written yet: the service does so, or will at its start"))
        }
        report.add(
            path, "le fichier manque, alors que la base a cette preuve (le service le remet à son démarrage)",
            "it is missing, though the database has this proof (the service puts it back when it starts)")
    }

    /// A proof is readable, in the one form that we write, about this body, and says all that the calendars' answers say.
    /// (Whether a block has its message needs the chain.)
    private func checkProofs(_ names: Set<String>, of size: UInt64, _ digest: ContentHash, _ records: [AnchorRecord]) {
        let path = "anchors/\(size)/body.ots"
        var received: [OpenTimestamps.DetachedProof] = []
        for record in records {
            if let proof = proof(record.bytes, over: digest, at: "anchor", row: "\(size) \(record.authority)") { received.append(proof) }
        }
        guard names.contains("body.ots") else {
            if !records.isEmpty { reportMissing(path, isUnderWay: audit.now != nil && size == newestAnchored) }
            return
        }
        guard let bytes = read(path, limit: UnverifiedNote.maximumBytes), let published = proof(bytes, over: digest, at: path) else {
            return
        }
        guard published.file == bytes else {
            return report.add(path, "il n'est pas écrit sous sa forme unique", "it is not in its one form")
        }
        guard !received.isEmpty else { return }
        do {
            let expected = try AnchorFiles.merged(received)
            if expected.file == bytes { return }
            if try AnchorFiles.merged([published] + received).file != bytes {
                report.add(path, "il ne dit pas tout ce que les calendriers ont répondu", "it doesn't say all that the calendars answered")
            } else {
                report.add(
                    path, "il dit plus que ce que les calendriers ont répondu (effacez-le : il sera refait au démarrage du service)",
                    "it says more than the calendars answered (remove it: the service makes it again when it starts)")
            }
        } catch {
            report.add(path, "il contredit ce que les calendriers ont répondu", "it contradicts what the calendars answered")
        }
    }

    private func isComplete(_ record: AnchorRecord) -> Bool {
        guard record.method != .rfc3161 else { return !record.bytes.isEmpty }
        // A proof that can't be read has no block: it is reported by itself as well.
        guard let attested = try? OpenTimestamps.DetachedProof(parsing: record.bytes).attested() else { return false }
        return attested.contains { if case .pending = $0.attestation { false } else { true } }
    }

    private func proof(
        _ bytes: [UInt8], over digest: ContentHash, at path: String, row: String? = nil
    ) -> OpenTimestamps.DetachedProof? {
        let place = row.map { ("ligne \($0) : ", "row \($0): ") } ?? ("", "")
        do throws(OpenTimestamps.Fault) {
            let proof = try OpenTimestamps.DetachedProof(parsing: bytes)
            if proof.hash == .sha256, proof.digest == digest.bytes { return proof }
            report.add(path, place.0 + "elle ne porte pas sur le texte à côté", place.1 + "it is not about the body beside it")
        } catch {
            report.add(path, place.0 + "preuve illisible (\(error))", place.1 + "it can't be read: \(error)")
        }
        return nil
    }
}
