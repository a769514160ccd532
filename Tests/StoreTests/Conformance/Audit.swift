import Council
import Foundation
import Ledger
import Store
import TestSupport
import Testing

/// What must hold of any journal, whatever was done. Ends every conformance test.
struct Audit {
    /// Opened contents, by entry.
    private(set) var contents: [[String: JSON]] = []

    @discardableResult
    init(_ storage: any Storage, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let size = try await storage.journalSize()
        let rows = try await storage.journal(from: 0, limit: .max)
        #expect(rows.map(\.seq) == Array(0..<size), "numbers without gap from 0", sourceLocation: sourceLocation)
        let openings = Dictionary(uniqueKeysWithValues: try await storage.openings(of: rows.map(\.seq)).map { ($0.seq, $0) })
        for row in rows {
            let opening = try #require(openings[row.seq], "entry \(row.seq) has its opening", sourceLocation: sourceLocation)
            contents.append(try Self.check(row, opening, sourceLocation))
        }
        let state = try await storage.compareState(limit: 20)
        #expect(state.differences == [] && state.further == 0, "the state is what the journal says: \(state.differences)", sourceLocation: sourceLocation)
        #expect(try await storage.structuralFaults() == [], sourceLocation: sourceLocation)
    }

    /// Entries of one type, opened.
    func contents(of type: FactType) -> [[String: JSON]] { contents.filter { $0["type"]?.text == type.rawValue } }

    func count(_ type: FactType) -> Int { contents(of: type).count }

    private static func check(_ row: JournalRow, _ opening: Opening, _ location: SourceLocation) throws -> [String: JSON] {
        #expect(Merkle.leafHash(row.leaf) == row.leafHash, sourceLocation: location)
        #expect(row.leaf.count <= 65_535, sourceLocation: location)
        let leaf = try JSON(parsing: row.leaf)
        #expect(leaf.canonical == row.leaf, "the leaf is canonical JSON", sourceLocation: location)
        let content = try JSON(parsing: opening.content)
        #expect(content.canonical == opening.content, "what is committed is canonical JSON", sourceLocation: location)
        let inside = try #require(content.fields, sourceLocation: location)
        let outside = try #require(leaf.fields, sourceLocation: location)

        #expect(opening.key.count == 32, sourceLocation: location)
        let commitment = Commitment.make(content: opening.content, key: opening.key)
        #expect(outside["commitment"]?.text == Hex.encode(commitment), "the opening opens the commitment", sourceLocation: location)
        #expect(inside["v"] == 1 && outside["v"] == 1, sourceLocation: location)
        #expect(inside["seq"]?.whole == Int64(row.seq) && outside["seq"]?.whole == Int64(row.seq), sourceLocation: location)
        #expect(inside["type"] == outside["type"], sourceLocation: location)
        #expect(inside["sitting"] == outside["sitting"], sourceLocation: location)
        try checkPrivacy(outside, inside, location)
        return inside
    }

    /// A stranger reads these fields and no other; to the hour where a member is concerned.
    private static func checkPrivacy(_ outside: [String: JSON], _ inside: [String: JSON], _ location: SourceLocation) throws {
        let allowed: Set = ["at", "commitment", "document", "event", "seq", "sitting", "type", "v"]
        #expect(Set(outside.keys).isSubset(of: allowed), sourceLocation: location)
        let type = try #require(FactType(rawValue: outside["type"]?.text ?? ""), sourceLocation: location)
        let at = try #require(outside["at"]?.text, sourceLocation: location)
        let exact = try #require(inside["at"]?.text, sourceLocation: location)
        #expect(exact.count == 24 && exact.hasSuffix("Z"), sourceLocation: location)
        #expect(at == exact.prefix(type.concernsMember ? 14 : 19) + (type.concernsMember ? "00:00Z" : "Z"), sourceLocation: location)
        #expect(
            type.concernsMember == (inside["member"] != nil), "who it is about, exactly where it is about someone", sourceLocation: location
        )
        #expect(type.concernsMember == (inside["convocation"] != nil), sourceLocation: location)
        let showsDocument = type == .documentReceived && inside["confidential"] == false
        #expect((outside["document"] != nil) == showsDocument, sourceLocation: location)
        if showsDocument { #expect(outside["document"] == inside["document"], sourceLocation: location) }
    }
}
