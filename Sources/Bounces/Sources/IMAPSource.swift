package import Curl
import Foundation

/// A folder of an IMAP mailbox.
///
/// libcurl's way to fetch a message marks it `\Seen`; a crash before it is recorded must not hide it. So it is marked `\Flagged`
/// before it is fetched, and unmarked once it is done; unread is what is not seen or still flagged. Where a folder for what is done
/// is given, messages are moved there instead, and all that is in the first folder is unread.
package final class IMAPSource: ReturnSource {
    private let server: IMAPServer
    private let folder: IMAPFolder
    private let done: IMAPFolder?
    /// Nil: the account has a password.
    private let tokens: TokenSource?
    private let abortion = AbortFlag()
    private let threads: HandleThreads<IMAPMailbox>

    package init(server: IMAPServer, folder: IMAPFolder, done: IMAPFolder?, tokens: TokenSource? = nil) {
        self.tokens = tokens
        self.server = server
        self.folder = folder
        self.done = done
        threads = HandleThreads(count: 1, name: "imap", idle: .seconds(5))
    }

    /// Ends what is under way within about a second.
    package func abort() { abortion.raise() }

    package func pending(limit: Int) async throws -> [String] {
        let criteria = done == nil ? "OR UNSEEN FLAGGED" : "UNDELETED"
        return try await run { (mailbox: inout IMAPMailbox) throws(IMAPFault) in
            try mailbox.search(criteria).sorted().prefix(limit).map(String.init)
        }
    }

    package func find(_ tag: String) async throws -> [String] {
        // Written into a command: letters, digits and what mail addresses have beside.
        let tag = tag.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-+.".contains($0)) }
        return try await run { (mailbox: inout IMAPMailbox) throws(IMAPFault) in
            try mailbox.search("TO \"\(tag)\"").sorted().map(String.init)
        }
    }

    package func read(_ name: String, limit: Int) async throws -> [UInt8]? {
        guard let uid = UInt32(name) else { return nil }
        let marks = done == nil
        do {
            return try await run { (mailbox: inout IMAPMailbox) throws(IMAPFault) in
                if marks { try mailbox.store(uid, ["\\Flagged"]) }
                return try mailbox.fetch(uid, limit: limit)
            }
        } catch let fault as IMAPFault where fault.kind == .missing {
            return nil
        }
    }

    package func finish(_ name: String) async throws {
        guard let uid = UInt32(name) else { return }
        let done = done
        try await run { (mailbox: inout IMAPMailbox) throws(IMAPFault) in
            if let done { return try mailbox.move(uid, to: done) }
            try mailbox.store(uid, ["\\Seen"])
            try mailbox.store(uid, ["\\Flagged"], removing: true)
        }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (inout IMAPMailbox) throws(IMAPFault) -> Value
    ) async throws -> Value {
        let (server, folder, abortion) = (server, folder, abortion)
        let token = try await tokens?.current()
        let result: Result<Value, IMAPFault> = await threads.run { handle in
            do throws(CurlFault) {
                var mailbox = if let open = handle.take() { open } else { try IMAPMailbox(server, folder: folder, abort: abortion) }
                mailbox.token = token
                let result: Result<Value, IMAPFault>
                do throws(IMAPFault) { result = .success(try body(&mailbox)) } catch { result = .failure(error) }
                handle = consume mailbox
                return result
            } catch {
                return .failure(IMAPFault(error))
            }
        }
        if let token, case .failure(let fault) = result, fault.kind == .login { await tokens?.discard(token) }
        return try result.get()
    }
}
