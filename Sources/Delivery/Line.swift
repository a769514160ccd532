import Synchronization

/// A queue between tasks: some put, some take, in order. Its length is bounded by who puts.
final class Line<Element: Sendable>: Sendable {
    private enum Taker {
        case one(CheckedContinuation<Element?, Never>)
        case all(CheckedContinuation<[Element], Never>)
    }

    private struct State {
        var elements: [Element] = []
        var takers: [Taker] = []
        var closed = false
    }

    private let state = Mutex(State())

    /// How many wait to be taken.
    var count: Int { state.withLock { $0.elements.count } }

    func put(_ elements: [Element]) {
        state.withLock { state in
            state.elements += elements
            Self.serve(&state)
        }
    }

    /// What is left can still be taken; then takers get nil, or nothing.
    func close() {
        state.withLock { state in
            state.closed = true
            Self.serve(&state)
        }
    }

    /// Waits for an element; nil: closed and empty.
    func next() async -> Element? {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.takers.append(.one(continuation))
                Self.serve(&state)
            }
        }
    }

    /// Waits until there is something and takes all of it: what piled up while the taker was busy. Empty: closed.
    func takeAll() async -> [Element] {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.takers.append(.all(continuation))
                Self.serve(&state)
            }
        }
    }

    private static func serve(_ state: inout State) {
        while !state.takers.isEmpty, !state.elements.isEmpty || state.closed {
            switch state.takers.removeFirst() {
            case .one(let continuation):
                continuation.resume(returning: state.elements.isEmpty ? nil : state.elements.removeFirst())
            case .all(let continuation):
                let all = state.elements
                state.elements = []
                continuation.resume(returning: all)
            }
        }
    }
}
