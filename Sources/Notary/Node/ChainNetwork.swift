package import Council

/// Which of Bitcoin's networks. Proofs don't tell them apart (all carry Bitcoin's tag), so it is recorded beside them.
package enum ChainNetwork: String, Hashable, Sendable, CaseIterable {
    /// The main network: the only one whose blocks cost anything.
    case bitcoin
    case testnet
    case testnet4
    case signet
    case regtest

    /// What `getblockchaininfo` calls it.
    var chain: String {
        switch self {
        case .bitcoin: "main"
        case .testnet: "test"
        case .testnet4: "testnet4"
        case .signet: "signet"
        case .regtest: "regtest"
        }
    }

    /// The first block of the main network, as explorers write it: other currencies' nodes call theirs `main`, too.
    static let bitcoinGenesis = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"

    /// Nil: a chain that is none of these.
    init?(chain: String, genesis: String) {
        guard let network = Self.allCases.first(where: { $0.chain == chain }),
            network != .bitcoin || genesis == Self.bitcoinGenesis
        else { return nil }
        self = network
    }

    package var words: Bilingual {
        switch self {
        case .bitcoin: Bilingual("Bitcoin", "Bitcoin")
        case .testnet, .testnet4, .signet, .regtest:
            Bilingual("Bitcoin, réseau d'essai \(rawValue)", "Bitcoin's test network \(rawValue)")
        }
    }
}
