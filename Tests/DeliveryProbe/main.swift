// The delivery stage alone, as a process of its own that a test can kill: opens the data folder, recovers leases, and
// delivers until the queue is empty.
//
//     DeliveryProbe FOLDER PORT CONNECTIONS NOW        (NOW: its time at the start, in seconds since 1970)

import Council
import Curl
import Delivery
import Foundation
import Logging
import Store

struct WrongUsage: Error {}

let arguments = CommandLine.arguments
guard arguments.count == 5, let port = Int(arguments[2]), let connections = Int(arguments[3]), let start = Double(arguments[4])
else { throw WrongUsage() }

let began = ContinuousClock.now
let clock = WallClock { Date(timeIntervalSince1970: start + (ContinuousClock.now - began) / .seconds(1)) }
let logger = Logger(label: "probe")
let storage = try SQLiteStorage.open(folder: URL(fileURLWithPath: arguments[1]), randomness: .system, logger: logger)
let settings = try RelaySettings(
    name: "sink", host: "127.0.0.1", port: port, tls: .none, connections: connections, heloName: "probe.test",
    connectTimeout: .seconds(10), responseTimeout: .seconds(10))
let service = DeliveryService(
    storage: storage, couriers: [(CurlCourier(settings, clock: clock), RateLimiter())], clock: clock, randomness: .system, logger: logger)

try await service.recoverLeases()
while try await storage.nextDue() != nil {
    if try await service.deliverDue().total == 0 { try await Task.sleep(for: .milliseconds(50)) }
}
