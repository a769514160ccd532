import Council
import Foundation
import Ledger
import Store

extension ProofWords {
    /// One entry in one line: its number, its time as the authority's clock had it, what happened, and what is opened of it.
    package func fact(_ fact: ProofReport.Fact) -> String {
        let at = fact.opened?["at"]?.text ?? fact.at
        return "[\(fact.seq)] \(at) " + happening(fact.type) + details(fact).map { " · " + $0 }.joined()
    }

    func happening(_ type: FactType) -> String {
        switch type {
        case .rollImported: pick("liste des membres importée", "roll imported")
        case .documentReceived: pick("document reçu", "document received")
        case .sittingReceived: pick("dossier de séance reçu", "sitting received")
        case .sittingApproved: pick("envoi des convocations approuvé", "sending of convocations approved")
        case .sittingCancelled: pick("séance annulée", "sitting cancelled")
        case .amendmentReceived: pick("complément de dossier reçu", "addition to the sitting received")
        case .amendmentWithdrawn: pick("complément retiré avant d’être annoncé", "addition withdrawn before anybody was told")
        case .sittingAmended: pick("complément ou changement approuvé et annoncé", "addition or change approved and announced")
        case .convocationIssued: pick("convocation émise", "convocation issued")
        case .convocationRelayed: pick("convocation remise au relais de courrier", "convocation taken by the mail relay")
        case .convocationDeferred: pick("envoi différé", "sending deferred")
        case .convocationRepeated: pick("envoi répété, issue précédente inconnue", "sent again, earlier outcome unknown")
        case .convocationFailed: pick("envoi refusé ou impossible", "sending refused or impossible")
        case .convocationPaper: pick("convocation servie sur papier", "convocation served on paper")
        case .convocationBounced: pick("convocation revenue : non remise", "convocation returned: not delivered")
        case .convocationDelivered: pick("convocation déposée dans la boîte", "convocation delivered to the mailbox")
        case .convocationDelayed: pick("un serveur essaie encore de la remettre", "a server still tries to deliver it")
        case .convocationPassedOn: pick("convocation transmise au serveur suivant", "convocation handed on to the next server")
        case .convocationReported: pick("avis de non-remise, non signé", "report of non-delivery, unsigned")
        case .letterIssued: pick("avis écrit après la convocation", "letter made after the convocation")
        case .letterRelayed: pick("avis remis au relais de courrier", "letter taken by the mail relay")
        case .letterRepeated: pick("avis envoyé de nouveau, issue précédente inconnue", "letter sent again, earlier outcome unknown")
        case .letterFailed: pick("avis non parti", "letter not sent")
        case .letterBounced: pick("avis revenu : non remis", "letter returned: not delivered")
        case .letterWithdrawn: pick("avis retiré avant son départ : devenu sans objet", "letter withdrawn before it left: no longer needed")
        case .receiptOpened: pick("accusé de réception : lien ouvert", "receipt: link opened")
        case .receiptConfirmed: pick("accusé de réception confirmé", "receipt confirmed")
        case .receiptDowngraded: pick("accusé de réception retiré (robot)", "receipt withdrawn (robot)")
        case .linksRevoked: pick("liens annulés", "links revoked")
        case .keysAccepted: pick("clés de liens remplacées", "link keys replaced")
        case .clockChecked: pick("horloge vérifiée", "clock checked")
        case .memberErased: pick("données d'un ancien élu effacées", "a former member's data erased")
        case .accessRobot: pick("lien visité par un robot", "link visited by a robot")
        }
    }

    /// How the access was judged; a word that this version doesn't know is shown as it is.
    private func grade(_ word: String) -> String {
        switch Grade(rawValue: word) {
        case .person: pick("personne probable", "likely a person")
        case .robot: pick("robot probable", "likely a robot")
        case .confirmed: pick("confirmé d'un clic", "confirmed by a click")
        case nil: word
        }
    }

    /// Nil: no kind of letter that this version knows.
    func letter(_ kind: String) -> String? {
        switch kind {
        case "cancellation": pick("annulation de la séance", "the sitting is cancelled")
        case "reminder": pick("rappel", "reminder")
        case "supplement": pick("additif", "supplement")
        case "changed-place": pick("changement de lieu", "change of place")
        default: nil
        }
    }

    private func details(_ fact: ProofReport.Fact) -> [String] {
        var details: [String] = []
        if let sitting = fact.sitting { details.append(sitting.rawValue) }
        guard let opened = fact.opened else {
            if let document = fact.document { details.append(document.hex) }
            return details + [pick("contenu fermé", "content closed")]
        }
        if let name = opened["member"]?["name"]?.text {
            let civility = opened["member"]?["civility"]?.text ?? ""
            details.append((civility.isEmpty ? "" : civility + " ") + name)
        }
        if let kind = opened["kind"]?.text.flatMap(letter) { details.append(kind) }
        if let kind = opened["letter"]?.text {
            details.append(pick("par le lien d'un avis : ", "through a letter's link: ") + (letter(kind) ?? kind))
        }
        for field in ["recipient", "fileName", "title", "day", "how", "reply", "reported", "status", "diagnostic", "reporter"] {
            guard let text = opened[field]?.text else { continue }
            switch text {
            case "handed over" where field == "how": details.append(pick("remise", "handed over"))
            case "posted" where field == "how": details.append(pick("envoyée par la poste", "posted"))
            default: details.append(text)
            }
        }
        if opened["corrects"] != nil { details.append(pick("corrige une note précédente", "corrects an earlier record")) }
        if let grade = opened["grade"]?.text { details.append(self.grade(grade)) }
        if let document = fact.document { details.append(document.hex) }
        return details
    }
}
