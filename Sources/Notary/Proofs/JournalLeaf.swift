import Council
import Ledger
import Store

/// What a leaf says in public.
struct JournalLeaf: Hashable {
    let seq: UInt64
    /// RFC 3339, UTC; to the hour where it concerns one member.
    let at: String
    let type: FactType
    let event: String?
    let sitting: SittingID?
    let document: ContentHash?
    /// 32 bytes.
    let commitment: [UInt8]

    /// Throws, in words, unless it is canonical JSON with the fields that a leaf of version 1 has, and no other.
    init(parsing bytes: [UInt8]) throws(LeafFault) {
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw LeafFault(description: "it is not JSON (\(error))") }
        guard json.canonical == bytes else { throw LeafFault(description: "it is not canonical JSON") }
        guard let fields = json.fields, Set(fields.keys).isSubset(of: Self.names) else {
            throw LeafFault(description: "it has a field that no leaf has")
        }
        guard json["v"]?.whole == 1 else { throw LeafFault(description: "it is of another version than 1") }
        guard let seq = json["seq"]?.whole.flatMap({ UInt64(exactly: $0) }), let at = json["at"]?.text else {
            throw LeafFault(description: "seq or at is missing")
        }
        guard let type = json["type"]?.text.flatMap(FactType.init(rawValue:)) else { throw LeafFault(description: "its type is unknown") }
        guard let commitment = json["commitment"]?.text.flatMap({ Hex.decode($0) }), commitment.count == 32 else {
            throw LeafFault(description: "its commitment is not 32 bytes in hexadecimal")
        }
        let document = json["document"]?.text.flatMap { ContentHash(hex: $0) }
        guard (document == nil) == (json["document"] == nil) else { throw LeafFault(description: "its document is not a SHA-256") }
        self.seq = seq
        self.at = at
        self.type = type
        self.commitment = commitment
        self.document = document
        event = json["event"]?.text
        sitting = json["sitting"]?.text.map { SittingID(rawValue: $0) }
    }

    private static let names: Set<String> = ["v", "seq", "at", "type", "event", "sitting", "document", "commitment"]

    /// Throws, in words, unless the opened content belongs to this leaf and agrees with what it says in public.
    func check(opened content: JSON) throws(LeafFault) {
        guard content["seq"]?.whole == Int64(clamping: seq), content["type"]?.text == type.rawValue else {
            throw LeafFault(description: "the opened content is about another entry")
        }
        guard content["sitting"]?.text == sitting?.rawValue else {
            throw LeafFault(description: "the opened content names another sitting")
        }
        if let document, content["document"]?.text != document.hex {
            throw LeafFault(description: "the opened content names another document")
        }
        // To the hour, or to the second, the public instant is the beginning of the private one.
        guard let exact = content["at"]?.text, exact.prefix(13) == at.prefix(13) else {
            throw LeafFault(description: "the opened content has another time")
        }
    }
}

struct LeafFault: Error, CustomStringConvertible {
    let description: String
}
