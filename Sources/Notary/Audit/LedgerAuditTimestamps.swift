import Council
import Foundation
import Ledger
import Store

/// Timestamp tokens, and what lies beside each: its chain, revocation lists, renewals.
extension AuditRun {
    func checkTimestamps(_ names: [EvidenceName], of size: UInt64, _ body: [UInt8], _ records: [AnchorRecord]) {
        let path = "anchors/\(size)"
        var files: [String: [UInt8]] = ["body": body]
        for name in names.map(\.name).sorted() { files[name] = read("\(path)/\(name)", limit: ArchivedRevocations.longest) }
        for name in names.sorted(by: { $0.name < $1.name }) where name.renewal == 0 && name.kind == .token {
            guard let bytes = files[name.name] else { continue }
            let authority = name.authority ?? records.first { $0.method == .rfc3161 }?.authority
            let digest = ContentHash(sha256Of: body)
            let trusted = report.tokensTrusted
            guard let stamp = checkToken(bytes, over: digest, of: authority, at: "\(path)/\(name.name)", counted: true) else { continue }
            // Whom nobody trusts says nothing about the time.
            if report.tokensTrusted > trusted {
                if audit.now != nil {
                    tokenTimes[ContentHash(sha256Of: bytes)] = (size, Int64((stamp.time.timeIntervalSince1970 * 1000).rounded()))
                }
                let chain = name.with(kind: .chain).name
                if audit.storage != nil, files[chain] == nil { reportMissing(chain: "\(path)/\(chain)", of: stamp) }
            }
            checkLine(of: stamp, named: name, in: files, at: path)
        }
        // What belongs to no token that is there.
        // (A recorded token's absence is told by itself.)
        let tokens = records.filter { $0.method == .rfc3161 }
        let recorded = Set(tokens.map { AnchorFiles.tokenName($0.authority, among: tokens.count) })
        for name in names.map(\.name).sorted() where isStray(name, recorded, in: files) {
            report.add(
                "\(path)/\(name)", "l'horodatage auquel il se rapporte n'est pas là",
                "the timestamp that it belongs to isn't there")
        }
    }

    /// How long after its token a file may still be on its way: it is written right after it, unless the service stops between.
    private static let delay: TimeInterval = 3600

    func isRecent(_ stamp: VerifiedTimestamp) -> Bool { audit.now.map { stamp.time <= $0 && $0 < stamp.time + Self.delay } ?? false }

    private func reportMissing(chain path: String, of stamp: VerifiedTimestamp) {
        if isRecent(stamp) {
            return report.note(
                path,
                Bilingual(
                    "la chaîne de certificats de cet horodatage n'est pas encore archivée : le service le fait, ou le fera à son démarrage",
                    "this timestamp's certificate chain isn't archived yet: the service does so, or will at its start"))
        }
        report.add(
            path,
            "la chaîne de certificats de cet horodatage manque : reprenez-la d'une sauvegarde, ou redémarrez le service, qui la refait tant que l'autorité est configurée",
            "this timestamp's certificate chain is missing: restore it from a backup, or restart the service, which makes it again while the authority is configured"
        )
    }

    private func checkLine(of stamp: VerifiedTimestamp, named name: EvidenceName, in files: [String: [UInt8]], at path: String) {
        do throws(EvidenceFault) {
            let line = try TimestampLine(of: stamp, named: name, listed: [name.authority], file: { files[$0] }) {
                token, request throws(TimestampError) in
                if let stamp = try verified(token, request, audit.roots.all) { return stamp }
                return try token.verified(against: request, trusting: try token.ownCertificates())
            }
            report.renewals += line.links.count - 1
            try checkPending(name.with(renewal: line.links.count), in: files)
            switch line.standing(at: audit.now) {
            case .current, .renewed: break
            case .revoked(let revocation): report.add("\(path)/\(name.name)", EvidenceWords.revoked(revocation))
            case .expired(let end): report.note("\(path)/\(name.name)", EvidenceWords.expired(end))
            }
        } catch {
            switch error {
            case .file(let file, let why): report.add("\(path)/\(file)", why.words)
            case .token(let file, let error): report.add("\(path)/\(file)", AuditWords.of(error))
            }
        }
    }

    /// A list that still waits for its token is right as well.
    private func checkPending(_ token: EvidenceName, in files: [String: [UInt8]]) throws(EvidenceFault) {
        let list = token.with(kind: .list)
        guard let bytes = files[list.name] else { return }
        do { try RenewalList.check(bytes, of: list, listed: [list.authority]) { files[$0] } } catch {
            throw .file(list.name, error)
        }
    }

    /// A list's token may still be under way; then what is before it must be there.
    private func isStray(_ name: String, _ recorded: Set<String>, in files: [String: [UInt8]]) -> Bool {
        guard let name = EvidenceName(name) else { return true }
        if recorded.contains(EvidenceName(authority: name.authority, kind: .token).name), name.renewal == 0 { return false }
        switch name.kind {
        case .token: return name.renewal > 0 && files[name.with(renewal: name.renewal - 1).name] == nil
        case .list: return files[name.with(renewal: name.renewal - 1).with(kind: .token).name] == nil
        case .chain, .revocations, .laterRevocations: return files[name.with(kind: .token).name] == nil
        }
    }

    /// The signature is checked always; the chain where a root is known for this authority, or for any. Nil: told.
    @discardableResult
    func checkToken(
        _ bytes: [UInt8], over digest: ContentHash, of authority: String?, at path: String = "anchor", row: String? = nil,
        counted: Bool = false
    ) -> VerifiedTimestamp? {
        do throws(TimestampError) {
            let token = try UnverifiedTimestamp(parsing: bytes)
            let request = TimestampRequest(imprint: digest, nonce: nil, policy: nil)
            let known = [authority.flatMap { audit.roots.byAuthority[$0] }, audit.roots.common].compactMap { $0 }
            if let stamp = try verified(token, request, known) {
                if counted { report.tokensTrusted += 1 }
                return stamp
            }
            let stamp = try token.verified(against: request, trusting: try token.ownCertificates())
            if counted { report.tokensOfUnknownRoot += 1 }
            return stamp
        } catch {
            let words = AuditWords.of(error)
            report.add(path, row.map { Bilingual("ligne \($0) : \(words.french)", "row \($0): \(words.english)") } ?? words)
            return nil
        }
    }

    /// Nil: no root is known. Throws the last root's verdict when none of them holds.
    private func verified(
        _ token: UnverifiedTimestamp, _ request: TimestampRequest, _ roots: [CertificateAuthorities]
    ) throws(TimestampError) -> VerifiedTimestamp? {
        var last: TimestampError?
        for root in roots {
            do throws(TimestampError) { return try token.verified(against: request, trusting: root) } catch { last = error }
        }
        if let last { throw last }
        return nil
    }
}
