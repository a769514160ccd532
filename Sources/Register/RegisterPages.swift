import Council
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import Store
import Templating

/// Renders the public pages.
struct RegisterPages: Sendable {
    let settings: RegisterSettings
    let templates: TemplateSet
    let storage: any RegisterReading

    /// Short: a crowd is served from caches, and a change is still seen at once.
    private static let cacheControl = "public, max-age=10"

    func register(_ snapshot: RegisterSnapshot, _ language: Language) throws -> PublicBody {
        let fields = PageFields(settings: settings, language: language)
        let name = RegisterTemplates.register
        let context: [String: TemplateValue] = [
            "siren": .text(settings.authority.siren), "baseURL": .text(base), "verifierKey": .text(settings.verifierKey),
            "upcoming": .list(snapshot.upcoming.map { fields.sitting($0, isPast: false, isMoved: snapshot.isMoved($0)) }),
            "past": .list(snapshot.past.map { fields.sitting($0, isPast: true, isMoved: snapshot.isMoved($0)) }),
            "checkpoint": fields.checkpoint(snapshot.head),
            "uncovered": .list(snapshot.uncovered > 0 ? [["count": fields.number(snapshot.uncovered)]] : []),
            "anchor": fields.anchor(snapshot.anchors.latest), "confirmed": fields.anchor(snapshot.anchors.confirmed),
        ]
        let frame = fields.frame(other: PublicPath.register(language.other))
        return try page(name, language, frame.merging(context) { $1 })
    }

    /// Nil when the public knows no such sitting.
    func sitting(_ id: SittingID, _ snapshot: RegisterSnapshot, _ language: Language) async throws -> PublicBody? {
        guard let sitting = snapshot.sitting(id) else { return nil }
        let rows = try await storage.journal(matching: JournalQuery(sitting: id)).filter { $0.seq < snapshot.journalSize }
        var leaves: [FactType: [UInt64]] = [:]
        for row in rows {
            // A leaf without a type that we know would be a fault of the journal, which `ledger audit` reports.
            guard let type = try JSON(parsing: row.leaf)["type"]?.text.flatMap(FactType.init) else { continue }
            leaves[type, default: []].append(row.seq)
        }
        let fields = PageFields(settings: settings, language: language)
        let name = RegisterTemplates.sitting
        let last = rows.map(\.seq).max()
        let anchorCovers = last.map { $0 < snapshot.anchors.latest?.size ?? 0 } ?? false
        let changes = try await storage.amendments(of: id).filter { $0.state == .approved }
        let context: [String: TemplateValue] = [
            "agenda": fields.items(sitting.sitting.draft.agenda, of: sitting), "changes": fields.changes(changes, of: sitting),
            "former": fields.documents(sitting.formerDocuments, of: sitting),
            "hasFormer": .flag(!sitting.formerDocuments.isEmpty),
            "replacement": .list(snapshot.replacement(of: id).map { [fields.replacement($0)] } ?? []),
            "checkpoint": fields.checkpoint(snapshot.head),
            "isCovered": .flag(last.map(snapshot.covers) ?? false),
            "hasEntries": .flag(!rows.isEmpty),
            "entries": fields.entries(leaves),
            "anchor": fields.anchor(snapshot.anchors.latest, ["covers": .flag(anchorCovers)]),
        ]
        let isPast = snapshot.past.contains { $0.sitting.id == id }
        let frame = fields.frame(other: PublicPath.sitting(id, language.other))
        let all = frame.merging(fields.sitting(sitting, isPast: isPast, isMoved: snapshot.isMoved(sitting))) { $1 }.merging(context) { $1 }
        return try page(name, language, all)
    }

    /// The page on which a file is compared with the register; with an answer when `asked` holds a hash.
    func verify(asked: String?, _ snapshot: RegisterSnapshot, _ language: Language) throws -> PublicBody {
        let fields = PageFields(settings: settings, language: language)
        let name = RegisterTemplates.verify
        let script = try templates.renderHTML(RegisterTemplates.verifyScript, language: language.rawValue, [:])
        let text = asked.map(Self.cleaned) ?? ""
        let hash = ContentHash(hex: text)
        let found = hash.map { find($0, snapshot, fields) } ?? []
        let context: [String: TemplateValue] = [
            "script": .html(script), "value": .text(hash?.hex ?? String(text.prefix(200))),
            "isAsked": .flag(!text.isEmpty), "isMalformed": .flag(!text.isEmpty && hash == nil),
            "isUnknown": .flag(hash != nil && found.isEmpty), "isFound": .flag(!found.isEmpty), "found": .list(found),
        ]
        let query = hash.map { "?empreinte=\($0.hex)" } ?? ""
        let frame = fields.frame(other: PublicPath.verify(language.other) + query)
        return try page(name, language, frame.merging(context) { $1 }, script: script.markup)
    }

    func missing(_ language: Language) throws -> PublicBody { try still(RegisterTemplates.missing, language) }

    func unavailable(_ language: Language) throws -> PublicBody { try still(RegisterTemplates.unavailable, language) }

    private func still(_ name: String, _ language: Language) throws -> PublicBody {
        let fields = PageFields(settings: settings, language: language)
        let frame = fields.frame(other: PublicPath.register(language.other))
        return try page(name, language, frame)
    }

    // MARK: Pieces

    /// A hash as people copy it: with spaces around or within (a form sends them as `+`), in capitals.
    private static func cleaned(_ text: String) -> String { text.filter { !$0.isWhitespace && $0 != "+" }.lowercased() }

    private func find(_ hash: ContentHash, _ snapshot: RegisterSnapshot, _ fields: PageFields) -> [[String: TemplateValue]] {
        snapshot.sittings.flatMap { sitting in
            (sitting.publicDocuments + sitting.formerDocuments).filter { $0.hash == hash }.map { document in
                let draft = sitting.sitting.draft
                let leaf = sitting.leaves[hash].map { seq -> [String: TemplateValue] in
                    ["index": fields.number(seq), "isCovered": .flag(snapshot.covers(seq))]
                }
                return [
                    "name": .text(document.title), "label": .text(document.label), "sitting": .text(draft.title),
                    "when": .text(fields.words(draft.when)),
                    "url": .text(PublicPath.sitting(sitting.sitting.id, fields.language)),
                    "isCancelled": .flag(sitting.sitting.state == .cancelled),
                    "isReplaced": .flag(!sitting.publicDocuments.contains(document)),
                    "leaf": .list(leaf.map { [$0] } ?? []),
                ]
            }
        }
    }

    /// Without a trailing slash.
    private var base: String {
        let text = settings.baseURL.absoluteString
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private func page(
        _ name: String, _ language: Language, _ context: [String: TemplateValue], script: String? = nil
    ) throws -> PublicBody {
        let bytes = try templates.renderUTF8(name, language: language.rawValue, context)
        let headers: HTTPFields = [
            .contentLanguage: language.rawValue,
            .contentSecurityPolicy: Self.policy(ofPage: String(decoding: bytes, as: UTF8.self), script: script),
        ]
        return PublicBody(
            bytes, mediaType: "text/html; charset=utf-8", cacheControl: Self.cacheControl, headers: headers)
    }

    /// Nothing may load or run but our own style sheets and the one script, each named by its hash.
    private static func policy(ofPage text: String, script: String?) -> String {
        var styles: [String] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "<style>"), let end = rest[start.upperBound...].firstRange(of: "</style>") {
            styles.append(source(rest[start.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        let scripts = script.map { " script-src \(source($0));" } ?? ""
        return "default-src 'none'; style-src \(styles.isEmpty ? "'none'" : styles.joined(separator: " "));\(scripts)"
            + " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    }

    /// As Content-Security-Policy names an inline style or script.
    static func source(_ text: some StringProtocol) -> String {
        "'sha256-\(Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString())'"
    }
}
