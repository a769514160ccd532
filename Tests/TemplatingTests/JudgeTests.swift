import Mustache
import Templating
import Testing

/// swift-mustache reads the same sources: what it understands as we do must come out the same.
@Suite("Another Mustache renders the same")
struct JudgeTests {
    @Test func `over many random templates`() throws {
        let fields: [String: TemplateField] = [
            "t": .text, "yes": .flag, "no": .flag, "rows": .list(["t": .text, "u": .text]), "none": .list(["u": .text]),
            "o": .object(["x": .text]),
        ]
        let ours: [String: TemplateValue] = [
            "t": .text("T"), "yes": .flag(true), "no": .flag(false),
            "rows": .list([["t": .text("a"), "u": .text("1")], ["t": .text("b"), "u": .text("2")]]), "none": .list([]),
            "o": .object(["x": .text("X")]),
        ]
        let theirs: [String: Any] = [
            "t": "T", "yes": true, "no": false, "rows": [["t": "a", "u": "1"], ["t": "b", "u": "2"]], "none": [[String: String]](),
            "o": ["x": "X"],
        ]
        var seed = SplitMix(state: 7)
        for round in 0..<300 {
            let source = Self.source(depth: 3, rows: false, &seed) + "end."
            let expected = try MustacheTemplate(string: "{{% CONTENT_TYPE: TEXT}}\n" + source).render(theirs)
            #expect(try render(source, fields, ours) == expected, "round \(round): \(source)")
        }
    }

    /// A random well-formed source: sections either within one line or with both tags alone on their lines. (In the
    /// mixed forms swift-mustache carries the opening tag's line state over to what follows the closing one, against
    /// the Mustache specification.)
    static func source(depth: Int, rows: Bool, inline: Bool = false, _ seed: inout SplitMix) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...4, using: &seed) {
            switch Int.random(in: 0..<(depth > 0 ? 7 : 3), using: &seed) {
            case 0: text += " word { "
            case 1: text += " {{t}}" + (inline ? "" : "\n  ")
            case 2: text += rows ? "{{ u }}," : "{{o.x}},"
            default:
                let (sigil, name) =
                    [("#", "yes"), ("^", "yes"), ("#", "no"), ("^", "no"), ("#", "rows"), ("^", "none")]
                    .randomElement(using: &seed) ?? ("#", "yes")
                let alone = !inline && Bool.random(using: &seed)
                let inner = source(depth: depth - 1, rows: rows || name == "rows", inline: !alone, &seed)
                let blank = ["", "  "].randomElement(using: &seed) ?? ""
                text +=
                    alone
                    ? "\n\(blank){{\(sigil)\(name)}}\n" + inner + "\n\(blank){{/\(name)}}\n"
                    : "{{\(sigil)\(name)}}" + inner + "{{/\(name)}}"
            }
        }
        return text
    }
}

/// Sebastiano Vigna's splitmix64: the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
