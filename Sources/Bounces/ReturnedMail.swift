package import Council
package import Foundation
package import Links
import MIME
package import Store

/// One mail of the mailbox of returns, read: what it reports, and of which convocation.
package struct ReturnedMail {
    /// Header fields in which servers write the address that a mail was delivered to; `To` of a report is the envelope sender of
    /// what came back (RFC 3464 §2).
    private static let addressed = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to"]

    package let digest: ContentHash
    package let verdict: Verdict
    /// From a signed address: trusted.
    package let signed: ConvocationID?
    /// The same of a letter after the convocation.
    package let signedLetter: LetterID?

    package init(_ bytes: [UInt8], keyring: LinkKeyring) {
        digest = ContentHash(sha256Of: bytes)
        let message = MIMEPart(bytes)
        verdict = Verdict(message)
        let addresses = Self.addressed.lazy.flatMap { message.all($0).prefix(20) }.flatMap { Addresses.all(in: $0).prefix(20) }
        signed = addresses.compactMap { BounceAddress.convocation(in: $0, keyring) }.first.map(ConvocationID.init(rawValue:))
        signedLetter = addresses.compactMap { BounceAddress.letter(in: $0, keyring) }.first.map(LetterID.init(rawValue:))
    }
}

extension ReportedReturn {
    /// One report for each action, what is best for the member first: so that of a list's two addresses, the one that was reached
    /// is known when the other fails.
    package func reports(on convocation: ConvocationID, digest: ContentHash, isSigned: Bool, at now: Date) -> [DeliveryReport] {
        let order: [DeliveryReport.Action] = [.delivered, .relayed, .expanded, .delayed, .failed]
        return order.compactMap { action in
            guard let recipient = recipients.first(where: { $0.action == action }) else { return nil }
            let reason = action == .failed ? BounceReason(status: recipient.status, text: recipient.diagnostic ?? "") : nil
            return DeliveryReport(
                convocation: convocation, digest: digest, action: action, reason: reason, status: recipient.status,
                diagnostic: recipient.diagnostic, reporter: reporter, recipient: recipient.recipient, isSigned: isSigned, at: now)
        }
    }

    /// Nil: it doesn't say that it failed for good.
    package func report(on letter: LetterID, digest: ContentHash, at now: Date) -> LetterReport? {
        guard let recipient = recipients.first(where: { $0.action == .failed }) else { return nil }
        return LetterReport(
            letter: letter, digest: digest, reason: BounceReason(status: recipient.status, text: recipient.diagnostic ?? ""),
            status: recipient.status, diagnostic: recipient.diagnostic, reporter: reporter, at: now)
    }

    /// Whether it speaks of this address and of no other.
    func names(_ address: EmailAddress) -> Bool {
        !recipients.isEmpty
            && recipients.allSatisfy { recipient in
                [recipient.recipient, recipient.originalRecipient].contains { $0?.lowercased() == address.key }
            }
    }
}
