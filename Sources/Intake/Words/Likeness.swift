/// What somebody probably meant by a word that isn't known.
enum Likeness {
    /// The nearest of `words`, if one is near enough: a quarter of its letters may differ, two at least.
    static func nearest(to text: String, among words: [String]) -> String? {
        let wanted = Array(text)
        let ranked = words.map { (word: $0, distance: distance(wanted, Array($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, best.word.count / 4) && best.distance < best.word.count ? best.word : nil
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other (Damerau, restricted).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        // Nobody mistypes a paragraph: a long text is only compared by its beginning.
        let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[j - 2] + 1) }
                row.append(best)
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
