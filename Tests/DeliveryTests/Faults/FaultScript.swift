import Foundation
import Synchronization
import TestSupport

/// Where the process that sends is killed.
enum Blow: String, Sendable, CaseIterable {
    /// At any moment after its start: while it opens the database, recovers, makes its first lease.
    case starting
    case greeting, hello, sender, recipient, data
    /// The relay asks for the body.
    case body
    /// The final dot is there, and the relay has taken nothing yet.
    case dot
    /// The relay has taken it and says so only afterwards.
    case taken
    case replied
    /// At any moment of the sending.
    case sending
}

/// What two relays do, and when the process dies: misbehaviour of each kind in turn, at moments that a seed decides.
///
/// It keeps the relays' own log: which message went by which name.
final class FaultScript: Sendable {
    enum Phase: String, Sendable {
        case greeting, hello, startTLS, sender, recipient, data, message
    }

    struct Rudeness: Sendable {
        let name: String
        let phase: Phase
        /// `QUEUED` stands for the relay's name of the message.
        let actions: [RudeServer.Action]

        init(_ name: String, _ phase: Phase, _ actions: RudeServer.Action...) {
            self.name = name
            self.phase = phase
            self.actions = actions
        }
    }

    private struct State {
        var random: SeededGenerator
        var blow: Blow?
        /// So many moments of its kind pass before it falls.
        var countdown = 0
        var turns: [Phase: Int] = [:]
        var used: [String: Int] = [:]
        var messages = 0
        /// The relays' log: their name of a message → its Message-ID.
        var names: [String: String] = [:]
        var isPolite = false
    }

    private let state: Mutex<State>
    /// The first relay is to speak TLS, and never does.
    let firstFailsAtTLS: Bool
    let victim = CrashTests.Victim()

    init(seed: UInt64, firstFailsAtTLS: Bool) {
        self.firstFailsAtTLS = firstFailsAtTLS
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    /// How often each kind of misbehaviour was shown.
    var used: [String: Int] { state.withLock { $0.used } }
    var names: [String: String] { state.withLock { $0.names } }

    func arm(_ blow: Blow?) {
        state.withLock { state in
            state.blow = blow
            state.countdown = Int.random(in: 0..<4, using: &state.random)
        }
    }

    func behave() { state.withLock { $0.isPolite = true } }

    func random(_ range: Range<Int>) -> Int { state.withLock { Int.random(in: range, using: &$0.random) } }

    /// - Parameter relay: 0: the first, and the ruder.
    func manner(ofRelay relay: Int) -> RudeServer.Manner {
        { moment in
            guard let phase = Phase(moment.step) else { return nil }
            return self.state.withLock { state in self.actions(&state, relay, phase, moment.step) }
        }
    }

    private func actions(_ state: inout State, _ relay: Int, _ phase: Phase, _ step: RudeServer.Step) -> [RudeServer.Action] {
        var actions = conduct(&state, relay, phase) ?? RudeServer.polite(step)
        if case .message(let message) = step, actions.contains(where: \.isTake) {
            state.messages += 1
            let name = "R\(relay)N\(state.messages)"
            state.names[name] = message.messageID
            actions = actions.map { $0.naming(name) }
        }
        return struck(&state, phase, actions)
    }

    private func conduct(_ state: inout State, _ relay: Int, _ phase: Phase) -> [RudeServer.Action]? {
        let isTLS = firstFailsAtTLS && relay == 0
        if isTLS, phase == .hello { return [.reply("250-rude"), .reply("250 STARTTLS")] }
        if state.isPolite { return isTLS && phase == .startTLS ? [.reply("454 4.7.0 TLS not available")] : nil }
        let chance = isTLS && phase == .startTLS ? 100 : (phase == .message ? 30 : 10) / (relay + 1)
        guard Int.random(in: 0..<100, using: &state.random) < chance else { return nil }
        let kinds = Self.repertoire.filter { $0.phase == phase }
        guard !kinds.isEmpty else { return nil }
        let turn = state.turns[phase, default: Int.random(in: 0..<kinds.count, using: &state.random)]
        state.turns[phase] = turn + 1
        let rudeness = kinds[turn % kinds.count]
        state.used[rudeness.name, default: 0] += 1
        return rudeness.actions
    }

    /// The blow, where its moment has come.
    private func struck(_ state: inout State, _ phase: Phase, _ actions: [RudeServer.Action]) -> [RudeServer.Action] {
        guard let blow = state.blow, let place = blow.place(in: actions, at: phase) else { return actions }
        guard state.countdown == 0 else {
            state.countdown -= 1
            return actions
        }
        state.blow = nil
        var actions = actions
        let victim = victim
        actions.insert(.perform { victim.kill() }, at: place)
        return actions
    }
}

extension FaultScript.Phase {
    init?(_ step: RudeServer.Step) {
        switch step {
        case .greeting: self = .greeting
        case .hello: self = .hello
        case .startTLS: self = .startTLS
        case .mail: self = .sender
        case .recipient: self = .recipient
        case .data: self = .data
        case .message: self = .message
        case .other: return nil
        }
    }
}

extension Blow {
    /// Before which of these actions it falls; nil: not here.
    fileprivate func place(in actions: [RudeServer.Action], at phase: FaultScript.Phase) -> Int? {
        switch (self, phase) {
        case (.greeting, .greeting), (.hello, .hello), (.sender, .sender), (.recipient, .recipient), (.data, .data), (.dot, .message): 0
        case (.hello, .startTLS): 0
        case (.body, .data): actions.firstIndex { $0.says("354") }.map { $0 + 1 }
        case (.taken, .message): actions.firstIndex(where: \.isTake).map { $0 + 1 }
        case (.replied, .message): actions.lastIndex { $0.says("250 ") }.map { $0 + 1 }
        default: nil
        }
    }
}

extension RudeServer.Action {
    fileprivate var isTake: Bool { if case .take = self { true } else { false } }
    fileprivate func says(_ start: String) -> Bool { if case .reply(let text) = self { text.hasPrefix(start) } else { false } }

    fileprivate func naming(_ name: String) -> RudeServer.Action {
        guard case .reply(let text) = self else { return self }
        return .reply(text.replacingOccurrences(of: "RUDE0001", with: name).replacingOccurrences(of: "QUEUED", with: name))
    }
}
