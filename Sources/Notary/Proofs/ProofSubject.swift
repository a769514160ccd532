package import Council
import Ledger

/// What a proof is about.
package enum ProofSubject: Hashable, Sendable {
    /// That these bytes were received, for every sitting they were received for.
    case document(ContentHash)
    /// What became of one member's convocation: issued, relayed or served on paper, acknowledged.
    case convocation(ConvocationID)
    /// The same for anyone (a citizen's edition): neither whose nor its number is told, only the sitting that it was for.
    case unnamedConvocation(SittingID)
    /// Every entry of one sitting.
    case sitting(SittingID)
}

extension ProofSubject {
    var json: JSON {
        switch self {
        case .document(let hash): ["kind": "document", "document": .string(hash.hex)]
        case .convocation(let id): ["kind": "convocation", "convocation": .integer(id.rawValue)]
        case .unnamedConvocation(let sitting): ["kind": "convocation", "sitting": .string(sitting.rawValue)]
        case .sitting(let id): ["kind": "sitting", "sitting": .string(id.rawValue)]
        }
    }

    /// Whether it is about one member's convocation, named or not.
    var isConvocation: Bool {
        switch self {
        case .convocation, .unnamedConvocation: true
        case .document, .sitting: false
        }
    }

    /// Nil unless it is exactly what `json` writes.
    init?(_ json: JSON?) {
        switch json?["kind"]?.text {
        case "document":
            guard let hash = json?["document"]?.text.flatMap({ ContentHash(hex: $0) }) else { return nil }
            self = .document(hash)
        case "convocation":
            if let id = json?["convocation"]?.whole {
                self = .convocation(ConvocationID(rawValue: id))
            } else {
                guard let sitting = json?["sitting"]?.text else { return nil }
                self = .unnamedConvocation(SittingID(rawValue: sitting))
            }
        case "sitting":
            guard let id = json?["sitting"]?.text else { return nil }
            self = .sitting(SittingID(rawValue: id))
        default: return nil
        }
        guard self.json == json else { return nil }
    }
}

/// Names inside a proof. `facts/<seq>/…`, `checkpoints/<size>/…`, `authorities/<name>.pem`.
package enum ProofLayout {
    static let mediaType = "application/vnd.etsi.asic-e+zip"
    static let mimetype = "mimetype"
    static let contents = "proof.json"
    static let key = "vkey"
    static let frenchReadMe = "LISEZMOI.txt"
    static let englishReadMe = "README.txt"
    static let verifierPage = "VERIFIER.html"
    /// SHA-256 of `Templates/proof/VERIFIER.html` as this version ships it. It stands here, and a test holds it to the file, because
    /// `verify` works without any file of the installation: one copied from elsewhere could lie along with the page.
    package static let verifierPageHash = "9c0d835869af1c932f93d7446f1ca3dd9c5337b6b88ef23c3da33ad9bdc969e6"
    static let manifest = "META-INF/ASiCManifest.xml"
    static let seal = "META-INF/timestamp.tst"

    static func leaf(_ seq: UInt64) -> String { "facts/\(seq)/leaf.json" }
    static func inclusion(_ seq: UInt64) -> String { "facts/\(seq)/leaf.tlog-proof" }
    /// The same entry under a later state, which witnesses have cosigned.
    static func cosignedInclusion(_ seq: UInt64) -> String { "facts/\(seq)/leaf.cosigned.tlog-proof" }
    static func openingKey(_ seq: UInt64) -> String { "facts/\(seq)/opening.key" }
    static func openingContent(_ seq: UInt64) -> String { "facts/\(seq)/opening.json" }
    static func checkpoint(_ size: UInt64) -> String { "checkpoints/\(size)/checkpoint" }
    static func body(_ size: UInt64) -> String { "checkpoints/\(size)/body" }
    static func calendarProof(_ size: UInt64) -> String { "checkpoints/\(size)/body.ots" }
    static func header(_ size: UInt64, _ height: UInt64) -> String { "checkpoints/\(size)/\(KeptHeader.file(height))" }
    static func token(_ size: UInt64, _ authority: String) -> String { "checkpoints/\(size)/body.\(authority).tsr" }
    static func authority(_ name: String) -> String { "authorities/\(name).pem" }
}
