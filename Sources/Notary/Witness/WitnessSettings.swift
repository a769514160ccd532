package import Foundation
package import Ledger

/// Who is asked to cosign our checkpoints.
package struct WitnessSettings: Hashable, Sendable {
    package struct Witness: Hashable, Sendable {
        /// For the log.
        package let name: String
        /// What `/add-checkpoint` is added to: `http://` or `https://`, without a slash at the end.
        package let url: String
        package let key: CosignerKey

        package init(name: String, url: String, key: CosignerKey) {
            self.name = name
            self.url = url
            self.key = key
        }
    }

    /// The public folder: its tiles make the proofs, `cosigned` is published in it.
    package var ledgerFolder: URL
    package var witnesses: [Witness]
    /// How many of them must have cosigned a checkpoint before it is published as `cosigned`.
    package var threshold: Int
    /// After a witness's fault or refusal.
    package var patience: AnchorSettings.Patience

    package init(
        ledgerFolder: URL, witnesses: [Witness], threshold: Int,
        patience: AnchorSettings.Patience = .init(first: .seconds(5), longest: .seconds(600))
    ) {
        self.ledgerFolder = ledgerFolder
        self.witnesses = witnesses
        self.threshold = threshold
        self.patience = patience
    }
}

/// Why a witness didn't cosign, in words for the log.
struct WitnessFault: Error, Hashable, CustomStringConvertible {
    enum Kind: Hashable {
        /// Trying again may help.
        case passing
        /// It refuses, until a person there or here changes something.
        case refusal
        /// It has seen another ledger than ours: a person must look, now.
        case alarm
        /// It has cosigned more entries than this checkpoint has.
        case ahead(UInt64)
        /// The process is stopping.
        case cancelled
    }

    let kind: Kind
    let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
