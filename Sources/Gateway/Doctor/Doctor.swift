package import Council
import Curl
import Foundation
package import Logging

/// `appariteur doctor`: tries what the service needs of the outside world, and changes nothing. It takes no lock, so it works beside
/// a service that runs, and on what is there of an installation that isn't complete.
package struct Doctor: Sendable {
    package struct Options: Sendable {
        /// For each look; one that takes longer is a failure.
        package var limit: Duration
        /// Who gets a message, through the first relay; nil: none is sent.
        package var recipient: EmailAddress?
        /// How long to wait for a report on that message, where returned mails are read.
        package var reportLimit: Duration

        package init(limit: Duration = .seconds(10), recipient: EmailAddress? = nil, reportLimit: Duration = .seconds(60)) {
            self.reportLimit = reportLimit
            self.limit = limit
            self.recipient = recipient
        }
    }

    let found: SettingsFound
    let options: Options
    let clock: WallClock
    let randomness: Randomness
    let logger: Logger
    let names: NameService
    let http: HTTPClient

    package init(
        _ found: SettingsFound, _ options: Options = Options(), clock: WallClock = .system, randomness: Randomness = .system, logger: Logger
    ) {
        self.found = found
        self.options = options
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
        names = NameService(seconds: max(1, Int(options.limit.components.seconds) / 3))
        // A little less than the limit: what libcurl says then is more than "nothing came".
        let patience = options.limit * 9 / 10
        http = HTTPClient(.init(connectTimeout: patience, timeout: patience, answerLimit: 65_536, threads: 16))
    }

    /// What one look brought.
    struct Outcome: Sendable {
        var findings: [DoctorFinding] = []
        /// What others' clocks said.
        var clocks: [ClockSample] = []

        init(_ findings: [DoctorFinding] = [], clocks: [ClockSample] = []) {
            self.findings = findings
            self.clocks = clocks
        }
    }

    struct Look: Sendable {
        let check: String
        let place: String
        /// Beyond the usual limit.
        var longer = Duration.zero
        let run: @Sendable () async -> Outcome
    }

    /// Every finding, in the order of the service's way: relay, names, evidence, site, register, disk, clock. Looks run side by side,
    /// each within its limit.
    package func examine() async -> [DoctorFinding] {
        let looks =
            relayLooks() + mailboxLooks() + senderLooks() + anchorLooks() + witnessLooks() + siteLooks() + registerLooks() + diskLooks()
        let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
            for (place, look) in looks.enumerated() { group.addTask { (place, await within(look)) } }
            var outcomes = [Outcome?](repeating: nil, count: looks.count)
            for await (place, outcome) in group { outcomes[place] = outcome }
            return outcomes.compactMap { $0 }
        }
        return outcomes.flatMap(\.findings) + clockFindings(outcomes.flatMap(\.clocks))
    }

    /// A look's outcome, or that it took too long. A task of its own on purpose: a call that hangs (a resolver, a network disk) can't
    /// be cancelled, and must not keep the others' findings back; it ends with the process.
    private func within(_ look: Look) async -> Outcome {
        let (answers, answer) = AsyncStream<Outcome>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let work = Task { answer.yield(await look.run()) }
        let timer = Task {
            // Cancelled once there is an outcome: then nothing is to be told.
            let limit = options.limit + look.longer
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            answer.yield(Outcome([Self.overdue(look, limit)]))
        }
        var outcomes = answers.makeAsyncIterator()
        let outcome = await outcomes.next() ?? Outcome()
        timer.cancel()
        work.cancel()
        return outcome
    }

    private static func overdue(_ look: Look, _ limit: Duration) -> DoctorFinding {
        let seconds = limit.components.seconds
        return .failure(
            look.check, look.place, Bilingual("rien en \(seconds) s", "nothing within \(seconds) s"),
            why: Bilingual("ce dont le service a besoin ne répond pas", "what the service needs doesn't answer"),
            Bilingual(
                "vérifier le réseau et le pare-feu ; ou laisser plus de temps : --timeout SECONDES",
                "look at the network and the firewall; or give it more time: --timeout SECONDS"))
    }
}

/// A number with the wire's or disk's unit, rounded down.
enum Amount {
    static func bytes(_ count: Int64) -> String {
        switch count {
        case 1_000_000_000...: "\(count / 1_000_000_000) GB"
        case 1_000_000...: "\(count / 1_000_000) MB"
        case 1_000...: "\(count / 1_000) kB"
        default: "\(count) B"
        }
    }

    static func day(_ date: Date) -> String { CivilDate(of: date, in: .gmt).description }

    /// How long ago, in the largest unit.
    static func since(_ seconds: TimeInterval) -> Bilingual {
        let seconds = max(0, Int(min(seconds, 1e12)))
        return switch seconds {
        case 172_800...: Bilingual("\(seconds / 86_400) jours", "\(seconds / 86_400) days")
        case 7_200...: Bilingual("\(seconds / 3_600) h", "\(seconds / 3_600) h")
        case 120...: Bilingual("\(seconds / 60) min", "\(seconds / 60) min")
        default: Bilingual("\(seconds) s", "\(seconds) s")
        }
    }
}
