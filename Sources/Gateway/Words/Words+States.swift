package import Council
import Foundation
package import Store

/// States as lists show them; their identifiers stay in `--json`.
extension SittingState {
    package var words: Bilingual {
        switch self {
        case .draft: Bilingual("à approuver", "to approve")
        case .approved: Bilingual("approuvée", "approved")
        case .cancelled: Bilingual("annulée", "cancelled")
        }
    }
}

extension ConvocationState {
    package var words: Bilingual {
        switch self {
        case .composing: Bilingual("en préparation", "being made")
        case .queued: Bilingual("en cours d'envoi", "being sent")
        case .relayed: Bilingual("servie", "served")
        case .failed: Bilingual("non remise", "not delivered")
        case .paperDue: Bilingual("papier à remettre", "paper to serve")
        case .paperServed: Bilingual("remise sur papier", "served on paper")
        case .cancelled: Bilingual("annulée", "cancelled")
        }
    }
}

extension Grade {
    package var words: Bilingual {
        switch self {
        case .person: Bilingual("lien ouvert", "link opened")
        case .robot: Bilingual("robot probable", "likely a robot")
        case .confirmed: Bilingual("confirmé", "confirmed")
        }
    }
}

extension ServiceMode {
    package var words: Bilingual {
        switch self {
        case .electronic: Bilingual("courriel", "e-mail")
        case .paper: Bilingual("papier", "paper")
        }
    }
}

extension ConvocationStatus {
    /// Letters that are still to leave or don't reach the member, and what they tell of; a convocation that was taken too late; nil: nothing
    /// of that. `notReceived`: every one about an amendment, of `amendments`.
    package func letterTrouble(_ notReceived: [LetterStatus], _ amendments: [StoredAmendment]) -> Bilingual? {
        var found: [Bilingual] = []
        if state == .failed, mayHaveArrived, bounce == nil {
            found.append(
                Bilingual("peut-être reçue : la réponse du serveur n'est pas arrivée", "perhaps received: the server's reply did not come"))
        }
        if isLate { found.append(Bilingual("acceptée après le dernier moment légal", "taken after the last lawful moment")) }
        if amendment?.isLate == true {
            found.append(
                Bilingual(
                    "additif ou changement : accepté après le dernier moment légal",
                    "supplement or change: taken after the last lawful moment"
                ))
        }
        let told = notReceived.isEmpty ? [amendment] : notReceived.map(Optional.some)
        let letters =
            told.map { letter in
                let news = letter?.amendments(among: amendments).map(\.content.news) ?? []
                let detail =
                    news.isEmpty
                    ? Bilingual("", "")
                    : Bilingual(
                        " (\(news.map(\.french).joined(separator: ", ")))", " (\(news.map(\.english).joined(separator: ", ")))")
                return (letter, Bilingual("additif ou changement", "supplement or change") + detail)
            } + [(reminder, Bilingual("rappel", "reminder")), (cancellation, Bilingual("annulation", "cancellation"))]
        for case (let letter?, let name) in letters where letter.isLost || letter.isOpen {
            let (french, english) = letter.isLost ? ("non parvenu(e)", "not received") : ("en cours d'envoi", "being sent")
            found.append(Bilingual("\(name.french) : \(french)", "\(name.english): \(english)"))
        }
        if let told = cancellation?.relayedAt, cancellation?.isLost == false {
            let at = told.formatted(.iso8601)
            found.append(Bilingual("avertie de l'annulation (\(at))", "told of the cancellation (\(at))"))
        }
        guard !found.isEmpty else { return nil }
        return Bilingual(found.map(\.french).joined(separator: " ; "), found.map(\.english).joined(separator: "; "))
    }

    /// What servers reported after the relay had taken it; nil: nothing.
    package var fate: Bilingual? {
        if let bounce {
            let detail = [bounce.reason.words.french, bounce.diagnostic].compactMap { $0 }.joined(separator: " – ").printable
            let english = [bounce.reason.words.english, bounce.diagnostic].compactMap { $0 }.joined(separator: " – ").printable
            return bounce.isSigned
                ? Bilingual("revenue : \(detail)", "bounced: \(english)")
                : Bilingual("avis de non-remise non signé, à vérifier : \(detail)", "unsigned report of non-delivery, to check: \(english)")
        }
        func at(_ instant: Date) -> String { instant.formatted(.iso8601) }
        if let deliveredAt {
            return Bilingual("déposée dans sa boîte (avis du \(at(deliveredAt)))", "delivered to the mailbox (reported \(at(deliveredAt)))")
        }
        if let delayedAt {
            return Bilingual("remise retardée (avis du \(at(delayedAt)))", "delivery delayed (reported \(at(delayedAt)))")
        }
        if let passedOnAt {
            return Bilingual(
                "transmise au serveur suivant (avis du \(at(passedOnAt)))", "handed on to the next server (reported \(at(passedOnAt)))")
        }
        return nil
    }
}

extension Amendment {
    /// What is new, in one line.
    package var news: Bilingual {
        var found: [Bilingual] = []
        if hasNewPlace, let place = draft.place { found.append(Bilingual("lieu : \(place)", "place: \(place)")) }
        if hasNewVideoLink, let link = draft.videoLink { found.append(Bilingual("visioconférence : \(link)", "video conference: \(link)")) }
        if hasNewTitle { found.append(Bilingual("intitulé : \(draft.title)", "title: \(draft.title)")) }
        found += (addedItems + rewordedItems).map { Bilingual("point \($0.number)", "item \($0.number)") }
        // An item's own documents go without saying.
        let items = Set(addedItems.map(\.number))
        found += newDocuments.filter { !($0.item.map(items.contains) ?? false) }.map { Bilingual($0.fileName, $0.fileName) }
        return Bilingual(found.map(\.french).joined(separator: ", ").printable, found.map(\.english).joined(separator: ", ").printable)
    }
}
