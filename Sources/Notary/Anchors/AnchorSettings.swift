package import Foundation
package import Ledger

/// Where checkpoints are anchored, and how patiently.
package struct AnchorSettings: Hashable, Sendable {
    /// One RFC 3161 authority.
    package struct TimestampAuthority: Hashable, Sendable {
        /// Lower-case letters, digits and hyphens: part of file names.
        package let name: String
        /// `http://` or `https://`.
        package let url: String
        /// PEM of the roots that its tokens must chain to; read at each use, so that a renewed file needs no restart.
        package let caFile: URL
        /// Dotted numbers that tokens must carry; nil: any.
        package let policy: String?

        package init(name: String, url: String, caFile: URL, policy: String?) {
            self.name = name
            self.url = url
            self.caFile = caFile
            self.policy = policy
        }
    }

    /// What several timestamp authorities are for.
    package enum TimestampUse: String, Hashable, Sendable, CaseIterable {
        /// Each is asked for each checkpoint: none of them has to be believed alone.
        case every
        /// In the order of the list, the next one where one fails: for those that are paid by the token.
        case first
    }

    /// A node of a Bitcoin network, with a wallet.
    package struct Node: Hashable, Sendable {
        /// `http(s)://host:port`
        package let url: String
        /// Nil: the node's only one.
        package let wallet: String?
        package let credentials: NodeCredentials
        package let network: ChainNetwork
        /// The most that one transaction may cost, in satoshis.
        package let feeCap: Int64
        /// Depth at which a block counts as there to stay; 1: the block itself.
        package let confirmations: Int
        /// Between two transactions: it bounds what this costs.
        package let interval: Duration

        package init(
            url: String, wallet: String?, credentials: NodeCredentials, network: ChainNetwork, feeCap: Int64, confirmations: Int,
            interval: Duration
        ) {
            self.url = url
            self.wallet = wallet
            self.credentials = credentials
            self.network = network
            self.feeCap = feeCap
            self.confirmations = confirmations
            self.interval = interval
        }
    }

    /// Waiting between attempts: doubled each time, from `first` to at most `longest`, plus up to a quarter by chance so that
    /// a thousand gateways don't come back to a repaired authority in the same second.
    package struct Patience: Hashable, Sendable {
        package let first: Duration
        package let longest: Duration

        package init(first: Duration, longest: Duration) {
            self.first = first
            self.longest = longest
        }

        /// `attempt` 1: after the first one. `chance` 0…1.
        func delay(after attempt: Int, chance: Double) -> TimeInterval {
            let doublings = Double(min(max(attempt - 1, 0), 30))
            let seconds = min(Self.seconds(first) * pow(2, doublings), Self.seconds(longest))
            return seconds * (1 + chance / 4)
        }

        static func seconds(_ duration: Duration) -> TimeInterval {
            TimeInterval(duration.components.seconds) + TimeInterval(duration.components.attoseconds) * 1e-18
        }
    }

    /// The public folder, which holds `anchors/`.
    package var ledgerFolder: URL
    /// Whether tokens' times are held against this machine's clock. False for a rehearsal on another day's data.
    package var judgesClock = true
    /// At most one checkpoint is anchored per interval: the next one covers those between.
    package var interval: Duration
    package var timestampAuthorities: [TimestampAuthority]
    package var timestampUse: TimestampUse
    /// How long before its certificate's end a token is renewed.
    package var renewal: Duration
    /// How often the revocation lists about archived chains are fetched again; nil: never.
    package var revocationReview: Duration?
    /// OpenTimestamps calendars or pools: `https://host`, without a slash at the end.
    package var calendars: [String]
    /// Besides the configured calendars, hosts (and all below them) that a pool may refer us to, over https only.
    package var calendarHosts: [String]
    /// After a fault.
    package var faultPatience: Patience
    /// While a calendar waits for its block.
    package var blockPatience: Patience
    /// A node of one's own, which is paid; nil: none.
    package var node: Node?
    /// Whose cosignatures a note brings along when it is anchored.
    package var witnesses: [CosignerKey]

    /// The calendars behind the public pools.
    package static let publicCalendarHosts = [
        "calendar.opentimestamps.org", "calendar.eternitywall.com", "calendar.catallaxy.com", "btc.catallaxy.com",
    ]

    package init(
        ledgerFolder: URL, interval: Duration, timestampAuthorities: [TimestampAuthority], calendars: [String],
        calendarHosts: [String] = publicCalendarHosts,
        faultPatience: Patience = Patience(first: .seconds(60), longest: .seconds(3600)),
        blockPatience: Patience = Patience(first: .seconds(600), longest: .seconds(3600)), node: Node? = nil,
        witnesses: [CosignerKey] = [], timestampUse: TimestampUse = .every, renewal: Duration = .seconds(90 * 86_400),
        revocationReview: Duration? = nil
    ) {
        self.revocationReview = revocationReview
        self.ledgerFolder = ledgerFolder
        self.interval = interval
        self.timestampAuthorities = timestampAuthorities
        self.calendars = calendars
        self.calendarHosts = calendarHosts
        self.faultPatience = faultPatience
        self.blockPatience = blockPatience
        self.node = node
        self.witnesses = witnesses
        self.timestampUse = timestampUse
        self.renewal = renewal
    }
}

/// Why an authority gave nothing, in words for the record and the log.
package struct AnchorFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Scope: Hashable, Sendable {
        /// Whatever is asked of it next will fail as well.
        case authority
        /// This checkpoint's affair.
        case checkpoint
        /// Nobody's fault: the process is stopping.
        case cancellation
    }

    package let description: String
    package let scope: Scope
    /// Waiting may not mend it: a person should look.
    package let isAlarm: Bool

    init(_ description: String, _ scope: Scope = .authority, isAlarm: Bool = false) {
        self.description = description
        self.scope = scope
        self.isAlarm = isAlarm
    }
}
