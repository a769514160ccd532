import Council
import Foundation
import Store

/// What of a sitting's confidential documents is public all the same, as the preview warns of it.
struct PreviewExposures {
    let exposures: [Exposure]
    /// Confidential now, and published with its hash by an earlier drop of the same sitting.
    let before: [Document]

    static let none = PreviewExposures(exposures: [], before: [])

    /// Warnings' names, what they are about, and where else it is.
    func rows(_ words: SittingWords) -> [(String, String, String)] {
        exposures.map { exposure in
            let name = CleanText(exposure.document.fileName).line
            guard let sitting = exposure.sitting else { return ("exposedHere", name, CleanText(exposure.other.fileName).line) }
            let place = "\(CleanText(sitting.draft.bodyName).line), \(sitting.draft.when.words(in: words.language))"
            return (exposure.document.confidential ? "exposedElsewhere" : "exposesElsewhere", name, place)
        } + before.map { ("exposedBefore", CleanText($0.fileName).line, "") }
    }
}

extension CompositionService {
    func exposures(of sitting: Sitting) async throws -> PreviewExposures {
        let others = try await storage.sittings().filter { $0.id != sitting.id }
        let exposures = sitting.draft.exposures(besides: others)
        var before: [Document] = []
        for document in sitting.draft.documents where document.confidential {
            // A confidential document's leaf doesn't carry its hash. One that does is this sitting's own document under another name, of
            // which `exposures` tells, or one of a drop that was replaced.
            let query = JournalQuery(types: [.documentReceived], sitting: sitting.id, document: document.hash)
            let isPublished = try await storage.journal(matching: query).contains {
                String(decoding: $0.leaf, as: UTF8.self).contains(document.hash.hex)
            }
            if isPublished, !exposures.contains(where: { $0.sitting == nil && $0.document == document }) { before.append(document) }
        }
        return PreviewExposures(exposures: exposures, before: before)
    }
}
