import Foundation

/// Writes plain text documents as PDF 1.7 (ISO 32000-1): A4 pages, the standard fonts Helvetica and Helvetica-Bold with
/// WinAnsiEncoding, nothing compressed, so that the sample's documents are real files without any tool.
struct PDFWriter {
    enum Block: Sendable {
        case title(String)
        case heading(String)
        case paragraph(String)
        case bullet(String)
        /// A line of a table: words on the left, a figure on the right.
        case row(String, String)
        case pageBreak
    }

    /// The document's title: in its metadata, and what a viewer shows in its window.
    let title: String
    /// Written small at the top of every page.
    let header: String
    let author: String
    let createdAt: Date

    private static let width = 595.0
    private static let height = 842.0
    private static let margin = 68.0

    func bytes(_ blocks: [Block]) -> [UInt8] {
        let pages = layOut(blocks)
        var objects: [[UInt8]] = []
        // 1 catalogue, 2 page tree, 3 and 4 fonts, 5 metadata, then a page and its content by turns.
        let kids = pages.indices.map { "\(6 + 2 * $0) 0 R" }.joined(separator: " ")
        objects.append(
            Array("<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) /ViewerPreferences << /DisplayDocTitle true >> >>".utf8))
        objects.append(Array("<< /Type /Pages /Kids [\(kids)] /Count \(pages.count) >>".utf8))
        for name in ["Helvetica", "Helvetica-Bold"] {
            objects.append(Array("<< /Type /Font /Subtype /Type1 /BaseFont /\(name) /Encoding /WinAnsiEncoding >>".utf8))
        }
        objects.append(
            Array(
                "<< /Title \(Self.textString(title)) /Author \(Self.textString(author)) /Producer (Appariteur) /CreationDate (\(date)) >>"
                    .utf8))
        for (index, lines) in pages.enumerated() {
            let box = "/MediaBox [0 0 \(Int(Self.width)) \(Int(Self.height))]"
            let resources = "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
            objects.append(Array("<< /Type /Page /Parent 2 0 R \(box) \(resources) /Contents \(7 + 2 * index) 0 R >>".utf8))
            let content = Self.content(lines + frame(page: index + 1, of: pages.count))
            objects.append(Array("<< /Length \(content.count) >>\nstream\n".utf8) + content + Array("\nendstream".utf8))
        }
        return Self.file(objects)
    }

    // MARK: Layout

    private struct Line {
        var x: Double
        var y: Double
        var size: Double
        var bold: Bool
        var text: String
    }

    private func layOut(_ blocks: [Block]) -> [[Line]] {
        var pages: [[Line]] = [[]]
        let top = Self.height - Self.margin - 26
        let bottom = Self.margin + 14
        var y = top
        func put(_ text: String, size: Double, bold: Bool = false, indent: Double = 0, right: String? = nil, before: Double = 0) {
            let leading = size * 1.42
            let room = Self.width - 2 * Self.margin - indent - (right == nil ? 0 : 110)
            let lines = Metrics.wrap(text, width: room, size: size, bold: bold)
            if y < top { y -= before }
            for (index, words) in lines.enumerated() {
                // A heading's last line stays with what follows it.
                if y - leading < bottom + (bold ? 3 * leading : 0) {
                    pages.append([])
                    y = top
                }
                y -= leading
                pages[pages.count - 1].append(Line(x: Self.margin + indent, y: y, size: size, bold: bold, text: words))
                if index == lines.count - 1, let right {
                    let x = Self.width - Self.margin - Metrics.width(of: right, size: size, bold: bold)
                    pages[pages.count - 1].append(Line(x: x, y: y, size: size, bold: bold, text: right))
                }
            }
        }
        for block in blocks {
            switch block {
            case .title(let text): put(text, size: 20, bold: true)
            case .heading(let text): put(text, size: 13, bold: true, before: 16)
            case .paragraph(let text): put(text, size: 11, before: 7)
            case .bullet(let text):
                put("•  " + text, size: 11, indent: 14, before: 4)
            case .row(let label, let figure): put(label, size: 11, right: figure, before: 3)
            case .pageBreak:
                pages.append([])
                y = top
            }
        }
        return pages
    }

    private func frame(page: Int, of count: Int) -> [Line] {
        let number = "\(page) / \(count)"
        let right = Self.width - Self.margin - Metrics.width(of: number, size: 9, bold: false)
        return [
            Line(x: Self.margin, y: Self.height - 46, size: 9, bold: false, text: header),
            Line(x: Self.margin, y: 40, size: 9, bold: false, text: title),
            Line(x: right, y: 40, size: 9, bold: false, text: number),
        ]
    }

    private static func content(_ lines: [Line]) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            let font = line.bold ? "F2" : "F1"
            bytes += Array("BT /\(font) \(number(line.size)) Tf 1 0 0 1 \(number(line.x)) \(number(line.y)) Tm (".utf8)
            for byte in Metrics.winAnsi(line.text) {
                if byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes += Array(") Tj ET\n".utf8)
        }
        return bytes
    }

    private static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = String(hundredths % 100)
        return "\(hundredths / 100)." + (rest.count < 2 ? "0" + rest : rest)
    }

    // MARK: File

    private static func file(_ objects: [[UInt8]]) -> [UInt8] {
        // The comment with four high octets tells transports that the file is binary (ISO 32000-1 §7.5.2).
        var bytes = Array("%PDF-1.7\n%".utf8) + [0xE2, 0xE3, 0xCF, 0xD3, 0x0A]
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(bytes.count)
            bytes += Array("\(index + 1) 0 obj\n".utf8) + object + Array("\nendobj\n".utf8)
        }
        let start = bytes.count
        bytes += Array("xref\n0 \(objects.count + 1)\n0000000000 65535 f \n".utf8)
        for offset in offsets {
            let digits = String(offset)
            // Each entry has exactly 20 octets.
            bytes += Array((String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n").utf8)
        }
        bytes += Array("trailer\n<< /Size \(objects.count + 1) /Root 1 0 R /Info 5 0 R >>\nstartxref\n\(start)\n%%EOF\n".utf8)
        return bytes
    }

    /// UTF-16 with a byte order mark, in hexadecimal (§7.9.2.2).
    private static func textString(_ text: String) -> String {
        let units = [0xFEFF] + text.utf16.map { Int($0) }
        let hex = units.map { unit in
            let digits = String(unit, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "<" + hex.joined() + ">"
    }

    private var date: String {
        "D:" + createdAt.ISO8601Format().filter(\.isNumber) + "Z"
    }

    /// Widths of the standard fonts, in thousandths of the size (Adobe's AFM files), for wrapping and right alignment.
    private enum Metrics {
        private static let regular = [
            278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556,
            556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
            722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222,
            500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
        ]
        private static let bold = [
            278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556,
            556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778,
            722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278,
            556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
        ]

        static func width(of text: String, size: Double, bold isBold: Bool) -> Double {
            let table = isBold ? bold : regular
            // An accented letter is as wide as its base letter; the few signs are near a digit's width.
            let thousandths = text.decomposedStringWithCanonicalMapping.unicodeScalars.reduce(0) { sum, scalar in
                if scalar.properties.generalCategory == .nonspacingMark { return sum }
                if (32...126).contains(scalar.value) { return sum + table[Int(scalar.value) - 32] }
                return sum + (scalar == "—" || scalar == "œ" || scalar == "Œ" ? 1000 : scalar == "\u{A0}" ? 278 : 556)
            }
            return Double(thousandths) * size / 1000
        }

        static func wrap(_ text: String, width limit: Double, size: Double, bold: Bool) -> [String] {
            var lines: [String] = []
            var line = ""
            // A no-break space keeps its words together.
            for word in text.split(separator: " ") {
                let longer = line.isEmpty ? String(word) : line + " " + word
                if !line.isEmpty, width(of: longer, size: size, bold: bold) > limit {
                    lines.append(line)
                    line = String(word)
                } else {
                    line = longer
                }
            }
            return lines + [line]
        }

        /// What the encoding lacks becomes a question mark.
        static func winAnsi(_ text: String) -> [UInt8] {
            text.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar in
                // U+202F, the thin space of French figures, has no place in the encoding.
                if scalar == "\u{202F}" { return 0xA0 }
                return String(scalar).data(using: .windowsCP1252)?.first ?? UInt8(ascii: "?")
            }
        }
    }
}
