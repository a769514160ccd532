package import Ledger

/// Whose cosignatures the verifier believes, and how many of them must be there.
package struct WitnessPolicy: Hashable, Sendable {
    /// All of different public keys.
    package let keys: [CosignerKey]
    /// 1…`keys.count`
    package let threshold: Int

    /// One key twice is one witness. `threshold` nil: all of them. Nil: no key, or a threshold that can't be.
    package init?(keys: [CosignerKey], threshold: Int? = nil) {
        var distinct: [CosignerKey] = []
        for key in keys where !distinct.contains(where: { $0.publicKey == key.publicKey }) { distinct.append(key) }
        let threshold = threshold ?? distinct.count
        guard !distinct.isEmpty, (1...distinct.count).contains(threshold) else { return nil }
        self.keys = distinct
        self.threshold = threshold
    }
}
