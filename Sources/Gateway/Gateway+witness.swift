import Curl
import Ledger
import Notary
import ServiceLifecycle

extension Gateway {
    /// None where no witness is configured.
    func witnessServices() -> [any Service] {
        let witnesses = settings.witnesses
        guard !witnesses.list.isEmpty else { return [] }
        // A cosignature is a line; a witness that keeps us waiting is asked again later.
        let http = HTTPClient(.init(timeout: .seconds(10), answerLimit: 65_536, threads: min(witnesses.list.count, 16)))
        return [
            WitnessService(
                settings: WitnessSettings(ledgerFolder: ledgerFolder, witnesses: witnesses.list, threshold: witnesses.threshold),
                key: signingKey.verifier, http: http, clock: clock, randomness: randomness, logger: logger)
        ]
    }
}
