/// Where access tokens come from, for whoever logs in with them.
package struct TokenSource: Sendable {
    /// One that is good for now.
    package let current: @Sendable () async throws -> String
    /// It was refused: it isn't given again.
    package let discard: @Sendable (String) async -> Void

    package init(current: @escaping @Sendable () async throws -> String, discard: @escaping @Sendable (String) async -> Void) {
        self.current = current
        self.discard = discard
    }
}
