import Foundation
import Ledger
import TestSupport
import Testing

private func text(_ value: JSON) -> String { String(decoding: value.canonical, as: UTF8.self) }
private func parse(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

@Suite("Canonical JSON")
struct JSONTests {
    @Test("is written as RFC 8785 §3.2 shows")
    func rfcExample() throws {
        let value = try parse(
            #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        )
        #expect(
            text(value)
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        )
    }

    @Test("orders keys by UTF-16 code units (RFC 8785 §3.2.3)")
    func keyOrder() throws {
        let value = try parse(
            #"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#
        )
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
        let places = order.compactMap { text(value).range(of: $0)?.lowerBound }
        #expect(places.count == order.count && places == places.sorted())
    }

    @Test(
        "writes numbers as ECMAScript (RFC 8785, appendix B)",
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"), (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"), (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"), (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] as [(UInt64, String)]
    )
    func numbers(bits: UInt64, expected: String) throws {
        #expect(text(.number(Double(bitPattern: bits))) == expected)
        #expect(try text(parse(expected)) == expected)
    }

    @Test("reads back every number it writes")
    func numberRoundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let written = text(.number(value))
            #expect(Double(written) == value, "\(written)")
            #expect(try text(parse(written)) == written)
        }
        #expect(text(.number(.nan)) == "null" && text(.number(.infinity)) == "null")
    }

    @Test("keeps whole numbers whole, up to what a double holds exactly")
    func integers() throws {
        #expect(try parse("9007199254740991").whole == 9_007_199_254_740_991)
        #expect(try parse("-9007199254740991").whole == -9_007_199_254_740_991)
        #expect(try parse("9007199254740992").whole == nil)
        #expect(try text(parse("9007199254740993")) == "9007199254740992")
        #expect(try parse("0").whole == 0)
        #expect(try text(parse("-0")) == "0")
        #expect(try parse("1.0") == 1)
    }

    @Test("is what another program makes of the same values")
    func judge() throws {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<2_000).map { _ in randomValue(depth: 3, &generator) }
        let numbers = (0..<2_000).map { _ in JSON.number(Double(bitPattern: generator.next())) }.filter { $0 != JSON.null }
        let lines: [UInt8] = (values + numbers).flatMap { (value: JSON) -> [UInt8] in value.canonical + [0x0A] }
        let result = try Tool.judge("canonical_json.py", input: lines)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == lines)
    }

    @Test("is its own canonical form, whatever the value")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let value = randomValue(depth: 4, &generator)
            let bytes = value.canonical
            let read = try JSON(parsing: bytes)
            #expect(read == value)
            #expect(read.canonical == bytes)
        }
    }

    @Test(
        "is refused when it isn't JSON, or says two things",
        arguments: [
            "", " ", "nul", "nulls", "tru", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{", "}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}",
            #"{"a":1 "b":2}"#,
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, "{\"\u{e9}\":1,\"e\u{301}\":2}", "\"", "\"a", "\"\u{0}\"", "\"\n\"", #""\x""#,
            #""\u12""#, #""\u12g4""#, #""\ud800""#,
            #""\udc00""#, #""\ud800\ud800""#, #""\ud800a""#, #""\ud800\n""#, "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 2", "1,",
            "NaN", "Infinity", "-Infinity", "1e400",
            "'a'", "\u{feff}1", "1\u{a0}", "[1]\u{0}", "// c\n1", "--1", "1e1.5",
        ]
    )
    func refused(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test("names the place of a fault")
    func faults() {
        #expect(throws: JSONError.duplicateKey("a", offset: 7)) { try parse(#"{"a":1,"a":2}"#) }
        #expect(throws: JSONError.trailingBytes(offset: 2)) { try parse("1 x") }
        #expect(throws: JSONError.notUnicode(offset: 2)) { try parse(#"["\ud83d"]"#) }
        #expect(throws: JSONError.notUnicode(offset: 0)) { try JSON(parsing: [0x22, 0xC3, 0x22]) }
        #expect(throws: JSONError.endsTooSoon) { try parse("[1") }
    }

    @Test("is read to 64 levels and no deeper")
    func depth() throws {
        _ = try parse(String(repeating: "[", count: 65) + String(repeating: "]", count: 65))
        #expect(throws: JSONError.tooDeep(offset: 65)) { try parse(String(repeating: "[", count: 100_000)) }
    }

    @Test("changes with every byte of it that changes, or is refused")
    func flippedBytes() throws {
        let value: JSON = ["at": "2026-12-09T08:00:00Z", "seq": 12, "type": "convocation.issued", "v": 1, "n": [1.5, true, nil]]
        let bytes = value.canonical
        for index in bytes.indices {
            for bit in 0..<8 {
                if let other = try? JSON(parsing: flipped(bytes, index, bit: 1 << UInt8(bit))) { #expect(other != value) }
            }
        }
    }

    private func randomValue(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &generator) {
        case 0: return nil
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: -(1 << 53) + 1..<(1 << 53), using: &generator))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &generator))
        case 4: return .string(randomText(&generator))
        case 5: return .array((0..<3).map { _ in randomValue(depth: depth - 1, &generator) })
        default:
            let fields = (0..<3).map { _ in (randomText(&generator), randomValue(depth: depth - 1, &generator)) }
            return .object(Dictionary(fields, uniquingKeysWith: { $1 }))
        }
    }

    private func randomText(_ generator: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<8, using: &generator) {
            let range: ClosedRange<UInt32> = Bool.random(using: &generator) ? 0...0x2FF : 0...0x10FFFF
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.append(scalar) }
        }
        return String(text)
    }
}
