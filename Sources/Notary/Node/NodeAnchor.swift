import Council
import Foundation
import Ledger
import Store

/// Carries a checkpoint into a chain through a node of one's own: one transaction with an output that holds the SHA-256 of
/// `body` (not the bare root: an OpenTimestamps proof is about a file, and `body` is the file that can be shown).
///
/// Money is spent, so the order is: build and sign → keep the signed bytes, durably → send those bytes → watch. Each of the
/// two calls below is one side of what the caller makes durable in between:
/// - a crash before the bytes are kept: nothing was sent, another one is made; its coins stay reserved in the node until it
///   is restarted;
/// - a crash after it: the same bytes are sent again, which the network takes as one and the same payment.
struct NodeAnchor: Sendable {
    let settings: AnchorSettings.Node
    let client: NodeClient

    enum Progress: Sendable {
        /// Sent, and this many blocks deep.
        case waiting(confirmations: Int64)
        case confirmed(ChainTransaction.Block, OpenTimestamps.DetachedProof)
    }

    // MARK: Sign

    /// A signed transaction that nobody has seen.
    func sign(_ digest: ContentHash, at now: Date) async throws(NodeFault) -> ChainTransaction {
        try await checkChain()
        let bare = try text(
            try await client.call("createrawtransaction", [[], [["data": .string(digest.hex)]]]), "createrawtransaction")
        let funded = try await wallet(
            "fundrawtransaction",
            .string(bare),
            ["lockUnspents": true, "replaceable": false, "conf_target": 72, "estimate_mode": "economical"])
        let unsigned = try parsed(try text(funded["hex"], "fundrawtransaction"))
        do throws(NodeFault) {
            return try await sign(funded, unsigned, digest, now)
        } catch {
            // Nothing will be sent: its coins must not stay reserved, not even where this task is being cancelled (hence one of
            // its own). The fault that is told is the first one.
            let coins = unsigned.inputs.map { ["txid": .string($0.transaction), "vout": .integer(Int64($0.output))] as JSON }
            await Task { _ = try? await wallet("lockunspent", true, .array(coins)) }.value
            throw error
        }
    }

    private func checkChain() async throws(NodeFault) {
        let chain = try await client.chain()
        guard chain.network == settings.network else {
            throw .otherNetwork(configured: settings.network.rawValue, found: chain.network?.rawValue ?? chain.name)
        }
        guard !chain.isSyncing else { throw .syncing }
    }

    private func sign(
        _ funded: JSON, _ unsigned: RawTransaction, _ digest: ContentHash, _ now: Date
    ) async throws(NodeFault) -> ChainTransaction {
        guard let fee = Self.satoshis(funded["fee"]) else { throw .answer("fundrawtransaction") }
        guard fee <= settings.feeCap else { throw .feeTooHigh(fee: fee, cap: settings.feeCap) }
        let signed = try await wallet("signrawtransactionwithwallet", .string(try text(funded["hex"], "fundrawtransaction")))
        guard signed["complete"]?.flag == true else { throw .answer("signrawtransactionwithwallet: the wallet can't sign alone") }
        let hex = try text(signed["hex"], "signrawtransactionwithwallet")
        let transaction = try parsed(hex)
        // What can't be proven must not be paid.
        guard let bytes = Hex.decode(hex), transaction.inputs == unsigned.inputs, transaction.around(digest.bytes) != nil else {
            throw .answer("signrawtransactionwithwallet: not the transaction that was asked for")
        }
        guard transaction.stripped.count <= OpenTimestamps.longestMessage else {
            throw .answer("the transaction has \(transaction.stripped.count) bytes: gather the wallet's small coins into one")
        }
        return ChainTransaction(network: settings.network.rawValue, id: transaction.id, bytes: bytes, signedAt: now)
    }

    // MARK: Send and watch

    /// Sends the transaction unless it is in a block, and tells how far it is. Can be called as often as one likes.
    func follow(_ transaction: ChainTransaction, carrying digest: ContentHash) async throws(NodeFault) -> Progress {
        try await checkChain()
        var known = try await asWalletKnows(transaction)
        if (known?["confirmations"]?.whole ?? 0) == 0 {
            try await send(transaction)
            known = try await asWalletKnows(transaction)
        }
        guard let known else {
            throw .answer("the wallet doesn't know transaction \(transaction.id), which it signed: is it another wallet?")
        }
        let confirmations = known["confirmations"]?.whole ?? 0
        guard confirmations >= 0 else { throw .conflicted(transaction: transaction.id) }
        guard confirmations >= Int64(settings.confirmations) else { return .waiting(confirmations: confirmations) }
        return try await confirmed(transaction, in: try text(known["blockhash"], "gettransaction"), digest)
    }

    /// Nil: it doesn't.
    private func asWalletKnows(_ transaction: ChainTransaction) async throws(NodeFault) -> JSON? {
        do throws(NodeFault) {
            return try await wallet("gettransaction", .string(transaction.id))
        } catch .refused(-5, _) {
            return nil
        }
    }

    private func send(_ transaction: ChainTransaction) async throws(NodeFault) {
        do throws(NodeFault) {
            _ = try await client.call("sendrawtransaction", [.string(Hex.encode(transaction.bytes))])
        } catch .refused(let code, let message) {
            // Sent already: by us before a restart, or mined this instant.
            if code == -27 || message.contains("already-in-mempool") || message.contains("txn-already-known") { return }
            let isSpent = code == -25 || message.contains("missingorspent") || message.contains("txn-mempool-conflict")
            throw isSpent ? .conflicted(transaction: transaction.id) : .refused(code: code, message)
        }
    }

    /// The complete proof, from `body`'s digest through transaction and block, computed here and compared with the block's header.
    private func confirmed(
        _ transaction: ChainTransaction, in hash: String, _ digest: ContentHash
    ) async throws(NodeFault) -> Progress {
        let block = try await client.call("getblock", [.string(hash), 1])
        guard let deep = block["confirmations"]?.whole, let height = block["height"]?.whole, height >= 0 else { throw .answer("getblock") }
        // It left the best chain between two questions: asked again later.
        guard deep >= Int64(settings.confirmations) else { return .waiting(confirmations: max(0, deep)) }
        let ids = (block["tx"]?.items ?? []).compactMap { $0.text.flatMap(Hex.decode).map { Array($0.reversed()) } }
        let raw: RawTransaction
        do { raw = try RawTransaction(parsing: transaction.bytes) } catch { throw .answer("the transaction of record is damaged") }
        guard let around = raw.around(digest.bytes), raw.id == transaction.id,
            let index = ids.firstIndex(of: DoubleSHA256.hash(raw.stripped))
        else { throw .answer("transaction \(transaction.id) is not in block \(hash), or doesn't carry \(digest.hex)") }
        let steps: [OpenTimestamps.Operation] =
            [.prepend(around.before), .append(around.after), .sha256, .sha256] + BlockTree.steps(from: index, among: ids)
        let header = try await client.header(of: hash)
        let proof = OpenTimestamps.DetachedProof(
            sha256: digest.bytes, tree: .init(through: steps, to: .init(attestations: [.bitcoin(height: UInt64(height))])))
        do throws(OpenTimestamps.Fault) {
            guard header.id == hash, try proof.attested().map(\.message) == [header.merkleRoot] else {
                throw .otherMessage
            }
            return .confirmed(.init(height: UInt64(height), hash: hash), try CalendarClient.readable(proof))
        } catch {
            throw .answer("block \(hash) doesn't bear out its own merkle root (\(error))")
        }
    }

    // MARK: Parts

    private func wallet(_ method: String, _ parameters: JSON...) async throws(NodeFault) -> JSON {
        try await client.call(method, parameters, onWallet: true)
    }

    private func text(_ json: JSON?, _ method: String) throws(NodeFault) -> String {
        guard let text = json?.text else { throw .answer(method) }
        return text
    }

    private func parsed(_ hex: String) throws(NodeFault) -> RawTransaction {
        guard let bytes = Hex.decode(hex) else { throw .answer("a transaction is not hexadecimal") }
        do { return try RawTransaction(parsing: bytes) } catch { throw .answer("a transaction of an unknown form") }
    }

    /// The node writes amounts in bitcoins, with eight decimals.
    private static func satoshis(_ amount: JSON?) -> Int64? {
        switch amount {
        case .number(let coins) where coins.isFinite && abs(coins) < 21e6: Int64((coins * 1e8).rounded())
        case .integer(let coins) where abs(coins) < 21_000_000: coins * 100_000_000
        default: nil
        }
    }
}
