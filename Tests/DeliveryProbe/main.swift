// The delivery stage alone, as a process of its own that a test can kill: opens the data folder, recovers leases, and
// delivers until the queue is empty, or holds only what waits for the clerk.
//
//     DeliveryProbe FOLDER PORTS CONNECTIONS NOW [SPEED [POLICY [PATIENCE]]]
//
// PORTS: one, or several with commas between, in the order in which the relays are to be used; `2525s`: STARTTLS is required of
// that one. NOW: its time at the start, in seconds since 1970. SPEED: how fast its clock goes (1). POLICY: `resend` or `hold`.
// PATIENCE: seconds that a relay has for each reply (10).

import Council
import Curl
import Delivery
import Foundation
import Logging
import Store

struct WrongUsage: Error {}

let arguments = CommandLine.arguments + ["1", "resend", "10"].dropFirst(max(0, CommandLine.arguments.count - 5))
guard arguments.count == 8, let connections = Int(arguments[3]), let start = Double(arguments[4]), let speed = Double(arguments[5]),
    let policy = UnknownPolicy(rawValue: arguments[6]), let patience = Int(arguments[7])
else { throw WrongUsage() }

let began = ContinuousClock.now
let clock = WallClock { Date(timeIntervalSince1970: start + speed * ((ContinuousClock.now - began) / .seconds(1))) }
let logger = Logger(label: "probe")
let storage = try SQLiteStorage.open(folder: URL(fileURLWithPath: arguments[1]), randomness: .system, logger: logger)
let couriers = try arguments[2].split(separator: ",").map { port in
    guard let number = Int(port.filter(\.isNumber)) else { throw WrongUsage() }
    let settings = try RelaySettings(
        name: "sink", host: "127.0.0.1", port: number, tls: port.hasSuffix("s") ? .startTLS : .none, connections: connections,
        heloName: "probe.test", connectTimeout: .seconds(patience), responseTimeout: .seconds(patience))
    return (courier: CurlCourier(settings, clock: clock) as any Courier, limiter: RateLimiter())
}
let service = DeliveryService(
    storage: storage, couriers: couriers, policy: policy, clock: clock, randomness: .system, logger: logger,
    begun: BegunAttempts(file: URL(fileURLWithPath: arguments[1]).appendingPathComponent("begun")))

try await service.recoverLeases()
// What is held falls due in the year 9999; at least one pass sees what is past its deadline.
var isMore = true
while isMore {
    let isIdle = try await service.deliverDue().total == 0
    isMore = try await storage.nextDue().map { $0 < clock.now() + 1_000 * 86_400 } ?? false
    if isIdle, isMore { try await Task.sleep(for: .milliseconds(speed > 1 ? 10 : 50)) }
}
