package import Foundation
import Synchronization

/// A real chain: `litecoind -regtest` on loopback, whose blocks have Bitcoin's form. With a wallet and 101 blocks mined, so
/// that there is something to spend. Blocks must stay below height 432, beyond which this node can't mine.
package final class ChainNode: Sendable {
    private let folder: TemporaryFolder
    private let program: Mutex<BackgroundProgram>
    package let port: Int

    package init() throws {
        folder = try TemporaryFolder()
        port = try Loopback.freePorts(1)[0]
        program = Mutex(try Self.start(in: folder, port: port))
        try waitUntilReady()
        try check("createwallet", "w")
        try mine(101)
    }

    private static func start(in folder: TemporaryFolder, port: Int) throws -> BackgroundProgram {
        try BackgroundProgram(
            "litecoind",
            [
                "-regtest", "-datadir=\(folder.url.path)", "-rpcport=\(port)", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1",
                "-rpcuser=u", "-rpcpassword=p", "-rpcauth=muet:73616c74$444bd26c0b59c8d7effee4152151b3695d7c2fec33adc6a7528f5e09563517db",
                "-rpcwhitelist=muet:\(muteMethods)", "-rpcwhitelistdefault=0", "-listen=0", "-dnsseed=0", "-discover=0",
                "-fallbackfee=0.0002", "-server=1", "-printtoconsole=0",
            ], errors: folder["errors"])
    }

    /// All that it takes to sign a transaction, without what sends it.
    private static let muteMethods =
        "getblockchaininfo,getblockhash,createrawtransaction,fundrawtransaction,signrawtransactionwithwallet,gettransaction"

    private func waitUntilReady() throws {
        _ = try program.withLock { try $0.wait { try call("getblockcount").status == 0 ? true : nil } }
    }

    /// Ends the node in good order and starts it again on the same folder: what it only remembered is gone.
    package func restart() throws {
        try check("stop")
        program.withLock { $0.waitUntilEnd() }
        let again = try Self.start(in: folder, port: port)
        program.withLock { $0 = again }
        try waitUntilReady()
        try check("loadwallet", "w")
    }

    /// User and password in the form of the node's own cookie: one who may all, and one (`canSend` false) who can't send.
    package func cookie(canSend: Bool = true) throws -> URL {
        try folder.write(canSend ? "u:p" : "muet:muet-secret", to: canSend ? "cookie" : "cookie-muet")
    }

    /// Without the password.
    package var address: String { "http://127.0.0.1:\(port)" }

    /// With the password that only this loopback node knows.
    package var url: String { "http://u:p@127.0.0.1:\(port)" }

    package func mine(_ count: Int) throws {
        let address = try check("getnewaddress", "", "bech32")
        try check("generatetoaddress", "\(count)", address)
    }

    package func height() throws -> Int { Int(try check("getblockcount")) ?? -1 }

    /// Runs one call; its answer as text. Throws when the node refuses.
    @discardableResult
    package func check(_ arguments: String...) throws -> String {
        let result = try call(arguments)
        guard result.status == 0 else {
            throw BackgroundProgram.DidNotStart(description: "litecoin-cli \(arguments): \(result.errors)")
        }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func call(_ arguments: String...) throws -> ToolResult { try call(arguments) }

    private func call(_ arguments: [String]) throws -> ToolResult {
        try Tool.run(
            "litecoin-cli",
            ["-regtest", "-datadir=\(folder.url.path)", "-rpcport=\(port)", "-rpcuser=u", "-rpcpassword=p"] + arguments)
    }
}
