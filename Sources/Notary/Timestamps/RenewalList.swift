import Council
import Ledger
import Store

/// What a renewal's token is over: the hashes of what it renews, as `sha256sum -c` reads them.
struct RenewalList {
    /// The files that a renewal of that number covers, in order: what the token before it is over, that token, its chain, its
    /// revocation lists. The last two may be missing.
    static func names(_ authority: String?, renewal: Int) -> [String] {
        let renewed = EvidenceName(authority: authority, renewal: renewal - 1, kind: .token)
        return [renewed.subject, renewed.name, renewed.with(kind: .chain).name, renewed.with(kind: .revocations).name]
    }

    static func text(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        Array(files.map { "\(ContentHash(sha256Of: $0.bytes).hex)  \($0.name)\n" }.joined().utf8)
    }

    /// Throws unless it is exactly what `text` writes of these files, the optional ones left out where it leaves them out. `file`
    /// gives a file by its own name; in a proof, where a token always bears its authority's name, the list names it as the register's
    /// folder does: `listed`.
    static func check(
        _ list: [UInt8], of name: EvidenceName, listed: [String?], file: (String) -> [UInt8]?
    ) throws(EvidenceFault.Why) {
        let lines = String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
        let own = names(name.authority, renewal: name.renewal)
        // The folder's spelling: with the authority's name, or without where it is the only one.
        for authority in listed {
            let spelled = names(authority, renewal: name.renewal)
            let kept = zip(spelled, own).filter { names in lines.contains { $0.hasSuffix("  " + names.0) } }
            guard kept.count == lines.count, kept.prefix(2).map(\.0) == Array(spelled.prefix(2)) else { continue }
            var files: [(name: String, bytes: [UInt8])] = []
            for (spelling, name) in kept {
                guard let bytes = file(name) else { throw .renewalDiffers }
                files.append((spelling, bytes))
            }
            let lengths = lines.allSatisfy { $0.utf8.prefix(64).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
            guard lengths, list.count == text(files).count else { throw .renewalUnreadable }
            guard text(files) == list else { throw .renewalDiffers }
            return
        }
        throw .renewalUnreadable
    }
}
