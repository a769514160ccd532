import Foundation

/// A real chain: `litecoind -regtest` on loopback, whose blocks have Bitcoin's form. With a wallet and 101 blocks mined, so
/// that there is something to spend. Blocks must stay below height 432, beyond which this node can't mine.
package final class ChainNode: Sendable {
    private let folder: TemporaryFolder
    private let program: BackgroundProgram
    package let port: Int

    package init() throws {
        folder = try TemporaryFolder()
        port = try Self.freePort()
        program = try BackgroundProgram(
            "litecoind",
            [
                "-regtest", "-datadir=\(folder.url.path)", "-rpcport=\(port)", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1",
                "-rpcuser=u", "-rpcpassword=p", "-listen=0", "-dnsseed=0", "-discover=0", "-fallbackfee=0.0002", "-server=1",
                "-printtoconsole=0",
            ], errors: folder["errors"])
        try program.wait { try call("getblockcount").status == 0 ? true : nil }
        try check("createwallet", "w")
        try mine(101)
    }

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

    /// The node takes no port 0: one that was free a moment ago.
    private static func freePort() throws -> Int {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let result = try Tool.run(Tool.python, ["-c", script])
        guard let port = Int(result.text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BackgroundProgram.DidNotStart(description: "no free port: \(result.errors)")
        }
        return port
    }
}
