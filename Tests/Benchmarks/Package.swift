// swift-tools-version: 6.2
// Benchmarks: measured side by side in one run by run.sh. The product's modules are compiled here from the same sources
// (Product → ../../Sources), since what is measured is `package` access.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// The same SQLite, by its C interface.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

func product(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Product/" + name, swiftSettings: settings)
}

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.15.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", path: "Product/CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "COpenSSL", path: "Product/COpenSSL", pkgConfig: "openssl"),
        product("Council"),
        product("Ledger", [crypto]),
        product("Links", [crypto]),
        product("Templating"),
        product("OpenSSL", ["COpenSSL"]),
        product("Composition", ["Council", "Links", "Store", "Templating", "COpenSSL", "OpenSSL", crypto, logging, lifecycle]),
        .target(name: "CPageSums", path: "Product/CPageSums", linkerSettings: [.linkedLibrary("sqlite3")]),
        product("Store", ["Council", "Ledger", "CPageSums", grdb, sqlite, crypto, logging]),
        product("Curl", ["CCurl", "COpenSSL"]),
        product("Notary", ["Council", "Ledger", "Store", "Curl", "COpenSSL", "OpenSSL", crypto, logging, lifecycle]),
        .executableTarget(
            name: "LedgerRates", dependencies: ["Council", "Ledger", "Store", "Notary", logging, lifecycle], swiftSettings: settings),
        .executableTarget(
            name: "ComposeRates", dependencies: ["Council", "Composition", "Links", "Store", "Templating"], swiftSettings: settings),
        .executableTarget(
            name: "BareRedirect", dependencies: [.product(name: "Hummingbird", package: "hummingbird")], swiftSettings: settings),
    ]
)
