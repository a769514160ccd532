package import Council
package import Foundation
package import Links
import MIME
package import Store

/// Why `keys/links.keys` can't be the file that links in people's hands were signed with. Going on would refuse those links, one
/// after the other, and nobody would know why.
package enum LinkKeyFault: WordedError, Hashable {
    /// Another secret stands under this number.
    case replaced(path: String, number: UInt8)
    /// The key isn't there any more, and links that may need it hold until then.
    case lost(path: String, number: UInt8, until: Date)
    /// Links in messages that were sent aren't signed by these keys.
    case unverified(path: String, messages: Int, first: ConvocationID)
    /// The database no longer knows which keys have signed, though links were sent.
    case forgotten(path: String)

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
        case .unverified(let path, let messages, let first):
            Bilingual(
                "\(path.printable) : ces clés n'ont pas signé les liens de messages envoyés (messages comparés qui ne s'accordent pas : \(messages), le premier étant celui de la convocation \(first)) : ce fichier est celui d'une autre installation, ou une clé a été remplacée. ",
                "\(path.printable): these keys did not sign the links of messages that were sent (messages compared that don't agree: \(messages), the first being convocation \(first)'s): this file is another installation's, or a key was replaced. "
            ) + Self.remedy
        case .forgotten(let path):
            Bilingual(
                "\(path.printable) : la base ne sait plus quelles clés ont signé les liens envoyés (table link_key vidée). Redémarrez le service : il compare ces clés aux messages envoyés, puis les note de nouveau.",
                "\(path.printable): the database no longer knows which keys signed the links sent (table link_key emptied). Restart the service: it compares these keys with the messages sent, then notes them again."
            )
        }
    }

    private static let remedy = Bilingual(
        "Reprenez keys/links.keys de la sauvegarde la plus récente de keys/ : sans cela, les liens déjà envoyés aux élus seraient refusés. Si aucune sauvegarde n'a cette clé : « appariteur keys accept », puis, une fois le service démarré, « appariteur sittings remind --all SÉANCE » pour chaque séance à venir : le rappel porte un lien neuf.",
        "Restore keys/links.keys from the newest backup of keys/: otherwise the links already sent to members would be refused. If no backup has that key: `appariteur keys accept`, then, once the service runs, `appariteur sittings remind --all SITTING` for each coming sitting: the reminder has a new link."
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
    /// `thoroughly`: all messages are looked into, not one of each of the latest sittings.
    package func faults(of ring: LinkKeyring, at now: Date, thoroughly: Bool = false) async throws -> [LinkKeyFault] {
        let known = try await storage.linkKeys()
        let traced = try await tracedFaults(of: ring, known, at: now)
        if !traced.isEmpty { return traced }
        return try await unverified(by: ring, at: now, thoroughly: thoroughly).map { [$0] } ?? []
    }

    /// How many of the latest sittings a start looks into.
    private static let sample = 8
    private static let batch = 64

    private func unverified(by ring: LinkKeyring, at now: Date, thoroughly: Bool) async throws -> LinkKeyFault? {
        var wrong: [ConvocationID] = []
        if thoroughly {
            var after: ConvocationID?
            while true {
                let batch = try await storage.sentLinks(after: after, limit: Self.batch)
                guard let last = batch.last else { break }
                wrong += batch.filter { !Self.hold($0, ring, at: now) }.map(\.convocation)
                after = last.convocation
            }
        } else {
            wrong = try await storage.newestSentLinks(sittings: Self.sample).filter { !Self.hold($0, ring, at: now) }.map(\.convocation)
        }
        return wrong.min { $0.rawValue < $1.rawValue }.map { .unverified(path: file.path, messages: wrong.count, first: $0) }
    }

    /// Each member's link in the message's texts. One whose key is gone is missed only while it holds.
    static func hold(_ sent: SentLinks, _ ring: LinkKeyring, at now: Date) -> Bool {
        let texts = MIMEPart(sent.bytes).everything.filter { $0.children.isEmpty && $0.type.value.hasPrefix("text/") }.map(\.text)
        for token in Set(texts.flatMap { $0.matches(of: /\/r\/([A-Za-z0-9_-]{40})/).map { String($0.1) } }) {
            do throws(LinkError) {
                _ = try ring.verify(token, purpose: .member, now: .distantPast)
            } catch {
                switch error {
                case .forged: return false
                case .unknownKey: if sent.holdUntil ?? .distantPast > now { return false }
                // Another address that looks like one.
                case .malformed, .expired: break
                }
            }
        }
        return true
    }

    private func tracedFaults(of ring: LinkKeyring, _ known: [LinkKeyTrace], at now: Date) async throws -> [LinkKeyFault] {
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
    /// Journalled.
    package func accept(_ ring: LinkKeyring, at now: Date) async throws {
        try await storage.replaceLinkKeys(with: Self.traces(of: ring), at: now)
    }

    /// Where `keys/links.keys` is lost, empty or unreadable for good: a new key, under a number that none has had. A damaged file is kept
    /// beside it; its name is returned. Nothing happens, and nil is returned, where the file can be read.
    package static func replaceLost(in dataFolder: URL, _ storage: any Storage, at now: Date, randomness: Randomness) async throws
        -> Replaced?
    {
        let keys = KeyFolder(dataFolder: dataFolder)
        do {
            _ = try keys.linkKeyring()
            return nil
        } catch KeyError.missing {
        } catch KeyError.damaged {
        }
        let used = Set(try await storage.linkKeys().map(\.number))
        return Replaced(aside: try keys.replaceLinkKeys(besides: used, at: now, randomness: randomness))
    }

    package struct Replaced: Hashable, Sendable {
        /// Where the damaged file lies now; nil: there was none.
        package let aside: URL?
    }

    private static func traces(of ring: LinkKeyring) -> [LinkKeyTrace] {
        ring.keys.map { LinkKeyTrace(number: $0.id, fingerprint: $0.fingerprint, createdAt: $0.createdAt) }
    }

    /// The same for reports. A file that can't be read is told of by itself.
    static func words(in dataFolder: URL, _ storage: any Storage, at now: Date, thoroughly: Bool = false) async throws -> [Bilingual] {
        let keys = KeyFolder(dataFolder: dataFolder)
        guard FileManager.default.fileExists(atPath: keys.linksFile.path), let ring = try? keys.linkKeyring() else { return [] }
        let traces = LinkKeyTraces(dataFolder: dataFolder, storage: storage)
        var faults = try await traces.faults(of: ring, at: now, thoroughly: thoroughly)
        if thoroughly, try await storage.linkKeys().isEmpty, try await storage.lastExpiry(ofLinksMadeBefore: .distantFuture, at: now) != nil
        {
            faults.append(.forgotten(path: traces.file.path))
        }
        return faults.map(\.words)
    }
}

extension Gateway {
    package var linkKeyTraces: LinkKeyTraces { LinkKeyTraces(dataFolder: settings.dataFolder, storage: storage) }
}
