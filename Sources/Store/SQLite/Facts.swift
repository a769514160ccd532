import Council
import Foundation
import Ledger

/// One thing that happened, as it goes into the journal.
struct Fact {
    let type: FactType
    let at: Date
    var sitting: SittingID?
    var convocation: ConvocationID?
    /// The document that it concerns.
    var document: ContentHash?
    /// The leaf itself carries the document's hash.
    var documentIsPublic = false
    /// A receipt over a document rather than over the sitting's page.
    var documentOpened = false
    /// What the commitment holds beside `v`, `seq`, `at`, `type`, `sitting`, `convocation` and `document`.
    var details: [String: JSON] = [:]

    /// What the commitment is made over: canonical JSON.
    func content(seq: UInt64) -> [UInt8] {
        var members: [(key: String, value: JSON)] = [
            ("v", .integer(1)), ("seq", .integer(Int64(clamping: seq))), ("at", .string(UTC.exact(at))), ("type", .string(type.rawValue)),
        ]
        members.reserveCapacity(details.count + 7)
        if let sitting { members.append(("sitting", .string(sitting.rawValue))) }
        if let convocation { members.append(("convocation", .integer(convocation.rawValue))) }
        if let document { members.append(("document", .string(document.hex))) }
        for (name, value) in details { members.append((name, value)) }
        return JSON.canonical(of: members)
    }

    /// The public leaf: canonical JSON (RFC 8785), whose members are written here in the order of their names.
    func leaf(seq: UInt64, commitment: [UInt8]) -> [UInt8] {
        var leaf: [UInt8] = []
        leaf.reserveCapacity(400)
        leaf += #"{"at":""#.utf8
        leaf += (type.concernsMember ? UTC.hour(at) : UTC.seconds(at)).utf8
        leaf += #"","commitment":""#.utf8
        leaf += Hex.encode(commitment).utf8
        if documentIsPublic, let document {
            leaf += #"","document":""#.utf8
            leaf += document.hex.utf8
        }
        if let event = type.event(documentOpened: documentOpened) {
            leaf += #"","event":""#.utf8
            leaf += event.utf8
        }
        leaf += #"","seq":"#.utf8
        leaf += String(seq).utf8
        if let sitting {
            leaf += #","sitting":"#.utf8
            leaf += JSON.string(sitting.rawValue).canonical
        }
        leaf += #","type":""#.utf8
        leaf += type.rawValue.utf8
        leaf += #"","v":1}"#.utf8
        return leaf
    }
}

extension JSON {
    /// Who a fact is about, as the roll had it when they were convened.
    static func member(_ member: Member) -> JSON {
        .member(
            id: member.id.rawValue, name: member.entry.fullName, civility: member.entry.civility, email: member.entry.email?.description)
    }

    /// The same from a row, without making a member of it first.
    static func member(_ row: PlainColumns, from first: Int) -> JSON {
        .member(
            id: row.number(first), name: RollEntry.fullName(given: row.text(first + 3), family: row.text(first + 2)),
            civility: row.text(first + 1), email: row.textIfAny(first + 4))
    }

    /// What `member(_:from:)` reads, of a version of the roll's line.
    static let memberColumns = "version.member, version.civility, version.family_name, version.given_name, version.email"

    private static func member(id: Int64, name: String, civility: String, email: String?) -> JSON {
        var fields: [String: JSON] = ["id": .integer(id), "name": .string(name), "civility": .string(civility)]
        if let email { fields["email"] = .string(email) }
        return .object(fields)
    }

    static func document(_ document: Document) -> JSON {
        .object([
            "hash": .string(document.hash.hex), "label": .string(document.label), "fileName": .string(document.fileName),
            "confidential": .bool(document.confidential), "size": .integer(document.size), "title": .string(document.title),
        ])
    }

    static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
}

extension SittingDraft {
    /// What the journal says of a sitting. `draft` is the SHA-256 of the draft as it is stored, so that what isn't spelt out here
    /// can't be altered either.
    func facts(revision: Int) throws -> [String: JSON] {
        var fields: [String: JSON] = [
            "title": .string(title), "body": .string(body.rawValue), "bodyName": .string(bodyName), "start": .string(UTC.seconds(start)),
            "when": .string(when.description), "deadline": .string(UTC.seconds(deadline)),
            "clearDays": .integer(Int64(requiredClearDays)), "revision": .integer(Int64(revision)),
            "agenda": .array(agenda.map { .object(["number": .integer(Int64($0.number)), "title": .string($0.title)]) }),
            "documents": .array(documents.map(JSON.document)),
            "draft": .string(ContentHash(sha256Of: Array(try Stored.encode(self).utf8)).hex),
        ]
        if let place { fields["place"] = .string(place) }
        if let videoLink { fields["videoLink"] = .string(videoLink) }
        if let replaces { fields["replaces"] = .string(replaces.id.rawValue) }
        if let urgencyReason { fields["urgency"] = .string(urgencyReason) }
        return fields
    }
}
