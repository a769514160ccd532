import Ledger
import TestSupport
import Testing

@Suite("Canonical form, recognised in one pass")
struct CanonicalFieldsTests {
    /// What any leaf looks like, and the small things that make it another text of the same value.
    private static let right = Array(
        #"{"at":"2026-11-24T08:00:00Z","commitment":"ab","list":[1,-2,true,false,null,"é",{"a":{},"b":[]}],"seq":12,"type":"x","v":1}"#.utf8
    )

    @Test("finds the members of an object")
    func members() throws {
        let fields = try #require(CanonicalFields(scanning: Self.right))
        #expect(fields.string("type") == "x" && fields.whole("seq") == 12 && fields.string("at") == "2026-11-24T08:00:00Z")
        #expect(fields.whole("type") == nil && fields.string("seq") == nil && fields.string("typ") == nil && fields.string("a") == nil)
        #expect(fields.written("v").map { Array($0) } == [0x31])
    }

    @Test("says yes to nothing that JSON doesn't find canonical, whatever byte is changed, put in or taken out")
    func agrees() throws {
        var accepted = 0
        func check(_ bytes: [UInt8]) {
            guard CanonicalFields(scanning: bytes) != nil else { return }
            accepted += 1
            let value = try? JSON(parsing: bytes)
            #expect(value?.fields != nil && value?.canonical == bytes, "\(String(decoding: bytes, as: UTF8.self))")
        }
        check(Self.right)
        for place in Self.right.indices {
            for byte in ([0, 9, 32, 34, 44, 45, 46, 48, 49, 58, 92, 93, 101, 125, 128, 195, 233, 255] as [UInt8]) {
                var changed = Self.right
                changed[place] = byte
                check(changed)
                var longer = Self.right
                longer.insert(byte, at: place)
                check(longer)
            }
            var shorter = Self.right
            shorter.remove(at: place)
            check(shorter)
        }
        #expect(accepted > 200)
        for text in [
            "", "[]", "{", "{}x", #"{"b":1,"a":2}"#, #"{"a":1,"a":2}"#, #"{"a":01}"#, #"{"a":-0}"#, #"{"a":1.0}"#, #"{"a":1e3}"#,
            #"{"a": 1}"#,
            #"{"a":"\u0041"}"#, #"{"a":1,}"#, #"{"a":tru}"#,
        ] {
            #expect(CanonicalFields(scanning: Array(text.utf8)) == nil, "\(text)")
        }
        #expect(CanonicalFields(scanning: Array("{}".utf8)) != nil)
        #expect(CanonicalFields(scanning: Array(#"{"a":"\#u{e9}"}"#.utf8)) != nil)
    }
}
