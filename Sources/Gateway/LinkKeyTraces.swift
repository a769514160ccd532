package import Council
package import Foundation
package import Links
package import Store

/// Why `keys/links.keys` can't be the file that links in people's hands were signed with. Going on would refuse those links, one
/// after the other, and nobody would know why.
package enum LinkKeyFault: WordedError, Hashable {
    /// Another secret stands under this number.
    case replaced(path: String, number: UInt8)
    /// The key isn't there any more, and links that may need it hold until then.
    case lost(path: String, number: UInt8, until: Date)

    package var words: Bilingual {
        switch self {
        case .replaced(let path, let number):
            Bilingual(
                "\(path.printable) : la clé de liens \(number) n'est pas celle qui a signé les liens envoyés (fichier abîmé, ou d'une autre installation). ",
                "\(path.printable): link key \(number) is not the one that signed the links sent (a damaged file, or another installation's). "
            )
                + Self.remedy
        case .lost(let path, let number, let until):
            Bilingual(
                "\(path.printable) : la clé de liens \(number) manque, alors que des liens qu'elle a pu signer valent jusqu'au \(Self.day(until)) (fichier repris d'une sauvegarde trop ancienne, ou ligne retirée). ",
                "\(path.printable): link key \(number) is missing, though links that it may have signed hold until \(Self.day(until)) (a file restored from too old a backup, or a line removed). "
            ) + Self.remedy
        }
    }

    private static let remedy = Bilingual(
        "Reprenez keys/links.keys de la sauvegarde la plus récente de keys/ : sans cela, les liens déjà envoyés aux élus seraient refusés. Si aucune sauvegarde n'a cette clé : « appariteur keys accept », puis, une fois le service démarré, « appariteur sittings remind SÉANCE » pour chaque séance à venir : le rappel porte un lien neuf.",
        "Restore keys/links.keys from the newest backup of keys/: otherwise the links already sent to members would be refused. If no backup has that key: `appariteur keys accept`, then, once the service runs, `appariteur sittings remind SITTING` for each coming sitting: the reminder has a new link."
    )

    private static func day(_ date: Date) -> String { CivilDate(of: date, in: .gmt).description }
}

/// The keys that have signed links, as the database remembers them, compared with those that are there.
package struct LinkKeyTraces: Sendable {
    let file: URL
    let storage: any Storage

    package init(dataFolder: URL, storage: any Storage) {
        file = KeyFolder(dataFolder: dataFolder).linksFile
        self.storage = storage
    }

    /// Clocks of the machine that made the keys and of the one that made the links may differ by so much.
    private static let slack: TimeInterval = 3600

    /// What is wrong with the ring, the worst first; empty: nothing. A key that was removed once its links had ended is not missed.
    package func faults(of ring: LinkKeyring, at now: Date) async throws -> [LinkKeyFault] {
        let known = try await storage.linkKeys()
        let there = Dictionary(ring.keys.map { ($0.id, $0.fingerprint) }) { first, _ in first }
        var (replaced, lost): ([LinkKeyFault], [LinkKeyFault]) = ([], [])
        for (place, trace) in known.enumerated() {
            if let fingerprint = there[trace.number] {
                if fingerprint != trace.fingerprint { replaced.append(.replaced(path: file.path, number: trace.number)) }
                continue
            }
            // It signed until the next one came.
            let end = place + 1 < known.count ? known[place + 1].createdAt + Self.slack : .distantFuture
            if let until = try await storage.lastExpiry(ofLinksMadeBefore: end, at: now) {
                lost.append(.lost(path: file.path, number: trace.number, until: until))
            }
        }
        return replaced + lost
    }

    /// Throws where links in people's hands would be refused; else remembers the keys that are new.
    package func adopt(_ ring: LinkKeyring, at now: Date) async throws {
        if let fault = try await faults(of: ring, at: now).first { throw fault }
        try await storage.remember(Self.traces(of: ring))
    }

    /// The ring counts from now on, whatever was signed before: for those who have lost keys for good.
    package func accept(_ ring: LinkKeyring) async throws { try await storage.replaceLinkKeys(with: Self.traces(of: ring)) }

    private static func traces(of ring: LinkKeyring) -> [LinkKeyTrace] {
        ring.keys.map { LinkKeyTrace(number: $0.id, fingerprint: $0.fingerprint, createdAt: $0.createdAt) }
    }

    /// The same for reports. A file that can't be read is told of by itself.
    static func words(in dataFolder: URL, _ storage: any Storage, at now: Date) async throws -> [Bilingual] {
        let keys = KeyFolder(dataFolder: dataFolder)
        guard FileManager.default.fileExists(atPath: keys.linksFile.path), let ring = try? keys.linkKeyring() else { return [] }
        return try await LinkKeyTraces(dataFolder: dataFolder, storage: storage).faults(of: ring, at: now).map(\.words)
    }
}

extension Gateway {
    package var linkKeyTraces: LinkKeyTraces { LinkKeyTraces(dataFolder: settings.dataFolder, storage: storage) }
}
