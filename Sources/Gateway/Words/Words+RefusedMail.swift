package import Council
package import Foundation
package import Store

extension RefusedMail {
    /// In one line: since when, the relay's own words, and what comes next.
    package var words: Bilingual {
        let since = since.formatted(.iso8601)
        let refused = Bilingual(
            "\(relay) le refuse depuis \(since) ; sa réponse : \(reply)", "\(relay) has refused it since \(since); its reply: \(reply)")
        guard let nextTry else { return refused + Bilingual(" ; abandonné, personne ne l'a lu", "; given up, nobody has read it") }
        let next = nextTry.formatted(.iso8601)
        return refused + Bilingual(" ; essayé de nouveau à \(next)", "; tried again at \(next)")
    }

    /// What is shown of mails that were given up: seconds since they were first refused.
    package static let memory: TimeInterval = 7 * 86_400
}
