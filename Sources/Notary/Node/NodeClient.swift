import Council
package import Curl
import Foundation
package import Ledger

/// Bitcoin Core's JSON-RPC over HTTP. User and password travel in a header: never in an address, an argument list or a log.
package struct NodeClient: Sendable {
    /// Answers are a block's list of transactions at most. Never through a proxy, which would see the password.
    package static let transport = HTTPClient.Settings(
        connectTimeout: .seconds(5), timeout: .seconds(60), answerLimit: 8 << 20, proxy: .none, threads: 2)

    private let url: String
    private let wallet: String?
    private let credentials: NodeCredentials
    private let http: HTTPClient

    /// `url`: `http(s)://host:port`, without path. `wallet` nil: the node's only one.
    package init(url: String, wallet: String? = nil, credentials: NodeCredentials, http: HTTPClient = HTTPClient(transport)) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.wallet = wallet
        self.credentials = credentials
        self.http = http
    }

    /// What the node answers. Beside `wallet`, a call is about the node itself.
    package func call(_ method: String, _ parameters: [JSON] = [], onWallet: Bool = false) async throws(NodeFault) -> JSON {
        let question: JSON = [
            "jsonrpc": "1.0", "id": "appariteur", "method": .string(method), "params": .array(parameters),
        ]
        let headers = [
            HTTPClient.Header("Authorization", try credentials.authorization()), HTTPClient.Header("Content-Type", "application/json"),
        ]
        let answer: HTTPClient.Answer
        do {
            answer = try await http.post(onWallet ? walletURL : url + "/", headers: headers, body: question.canonical)
        } catch {
            throw NodeFault(error)
        }
        return try result(of: answer)
    }

    private var walletURL: String {
        guard let wallet else { return url + "/" }
        let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return url + "/wallet/" + (wallet.addingPercentEncoding(withAllowedCharacters: allowed) ?? wallet)
    }

    /// A failed call has status 404 or 500, and says why as JSON all the same.
    private func result(of answer: HTTPClient.Answer) throws(NodeFault) -> JSON {
        switch answer.status {
        case 401: throw .unauthorised
        case 403: throw .forbidden
        case 503: throw .busy
        default: break
        }
        let json: JSON
        do {
            json = try JSON(parsing: answer.body)
        } catch {
            throw .answer("HTTP \(answer.status)")
        }
        if let fault = json["error"], let code = fault["code"]?.whole {
            throw NodeFault(code: code, message: fault["message"]?.text ?? "", wallet: wallet)
        }
        guard answer.status == 200, let result = json["result"] else { throw .answer("HTTP \(answer.status)") }
        return result
    }
}

extension NodeClient {
    /// Where the node stands.
    package struct Chain: Hashable, Sendable {
        /// Nil: none of Bitcoin's.
        package let network: ChainNetwork?
        /// In the node's words, for those that are not Bitcoin's.
        package let name: String
        /// Of the last block.
        package let height: UInt64
        /// It is still fetching old blocks.
        package let isSyncing: Bool
    }

    package func chain() async throws(NodeFault) -> Chain {
        let info = try await call("getblockchaininfo")
        guard let name = info["chain"]?.text, let height = info["blocks"]?.whole, height >= 0 else { throw .answer("getblockchaininfo") }
        guard let genesis = try await call("getblockhash", [0]).text else { throw .answer("getblockhash") }
        return Chain(
            network: ChainNetwork(chain: name, genesis: genesis), name: "\(name), \(genesis)", height: UInt64(height),
            isSyncing: info["initialblockdownload"]?.flag ?? false)
    }

    /// Of the best chain; `height` must not exceed its own.
    func header(at height: UInt64) async throws(NodeFault) -> BlockHeader {
        guard let hash = try await call("getblockhash", [.integer(Int64(clamping: height))]).text else { throw .answer("getblockhash") }
        let header = try await header(of: hash)
        guard header.id == hash else { throw .answer("getblockheader") }
        return header
    }

    func header(of hash: String) async throws(NodeFault) -> BlockHeader {
        guard let text = try await call("getblockheader", [.string(hash), false]).text, let bytes = Hex.decode(text),
            let header = BlockHeader(bytes)
        else { throw .answer("getblockheader") }
        return header
    }
}
