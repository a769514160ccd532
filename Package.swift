// swift-tools-version: 6.2
// The module table, with its import rules, is in Sources/appariteur/Appariteur.docc/Architecture.md:
// a target can only import what it lists here.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// The same SQLite, by its C interface.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ module: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil, exclude: [String] = []) -> Target {
    .testTarget(
        name: module + "Tests",
        dependencies: [.target(name: module), "TestSupport"] + dependencies,
        exclude: exclude,
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "appariteur",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "appariteur", targets: ["appariteur"]),
        // What the nested benchmark package measures.
        .library(name: "AppariteurGateway", targets: ["Gateway", "Demonstration"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.15.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        // The C library's resolver.
        .target(name: "CResolv", linkerSettings: [.linkedLibrary("resolv")]),

        // Pure values: no file, network, clock or randomness.
        module("Council"),
        module("Ledger", [crypto]),
        module("Links", [crypto]),
        module("Templating"),
        // Mail as strangers write it.
        module("MIME"),

        // Objects and memory of COpenSSL that are freed by themselves.
        module("OpenSSL", ["COpenSSL"]),

        // The one place of SQL, the one place of libcurl.
        // Checksums in the database's pages: between SQLite, the same library that GRDB uses, and the system's files.
        .target(name: "CPageSums", linkerSettings: [.linkedLibrary("sqlite3")]),
        module("Store", ["Council", "Ledger", "CPageSums", grdb, sqlite, crypto, logging]),
        // COpenSSL: which protocol and cipher a relay agreed to, asked of the connection that libcurl made with it.
        module("Curl", ["CCurl", "COpenSSL"]),

        // Stages: they never import each other; they meet in the Store.
        module(
            "Intake",
            [
                "Council", "Store", "Templating", "COpenSSL", .product(name: "SwiftCSV", package: "SwiftCSV"), yams, crypto, logging,
                lifecycle,
            ]),
        module("Composition", ["Council", "Links", "Store", "Templating", "COpenSSL", "OpenSSL", crypto, logging, lifecycle]),
        module("Delivery", ["Council", "Store", "Curl", logging, lifecycle]),
        module("Bounces", ["Council", "Links", "MIME", "Store", "Curl", logging, lifecycle]),
        module("Reception", ["Council", "Links", "Store", "Templating", hummingbird, httpTypes, nioCore, nioPosix, crypto, logging]),
        module("Notary", ["Council", "Ledger", "Store", "Curl", "COpenSSL", "OpenSSL", crypto, logging, lifecycle]),
        module("Register", ["Council", "Ledger", "Store", "Templating", hummingbird, httpTypes, nioCore, nioPosix, logging, crypto]),

        // Top: configuration, wiring, service order; the demonstration; the command line.
        .target(
            name: "DefaultFiles",
            path: "Templates",
            resources: [.copy("fr"), .copy("en"), .copy("init"), .copy("proof")],
            swiftSettings: settings
        ),
        module(
            "Gateway",
            [
                "Council", "Ledger", "Links", "MIME", "Templating", "Store", "Curl", "Bounces", "Intake", "Composition", "Delivery",
                "Reception",
                "Notary", "OpenSSL", "Register", "DefaultFiles", "CResolv", signals, yams, hummingbird, httpTypes, nioCore, lifecycle,
                logging, crypto,
            ]),
        module(
            "Demonstration",
            [
                "Council", "MIME", "Templating", "Curl", "Gateway", "Notary", "COpenSSL", "OpenSSL", hummingbird, httpTypes, nioCore,
                nioPosix, lifecycle,
                logging, crypto,
            ]),
        .executableTarget(
            name: "appariteur",
            dependencies: [
                "Gateway", "Demonstration", "Council", "Curl", "DefaultFiles", "Ledger", "Notary", "Store", "Templating", "Intake",
                "Composition",
                "Links",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                lifecycle, logging,
            ],
            swiftSettings: settings
        ),

        .target(
            name: "TestSupport", dependencies: ["Council", "Store", "Links", "Ledger", "Templating", "Curl", crypto, logging],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("Council"),
        tests("Ledger", [crypto]),
        tests("Links", [crypto]),
        tests("Templating", [mustache]),
        tests("Store", ["Council", "Ledger", "StoreCrashProbe", grdb, crypto, logging]),
        // What the store's tests kill, trace and let write beside them.
        .executableTarget(
            name: "StoreCrashProbe", dependencies: ["Council", "Store", "TestSupport"], path: "Tests/StoreCrashProbe",
            swiftSettings: settings),
        tests("Curl"),
        tests("Intake", ["Council", "Store", "DefaultFiles", "Templating", logging]),
        tests("Composition", ["Council", "Links", "Store", "Templating", "DefaultFiles", logging, lifecycle], exclude: ["Golden"]),
        tests("Delivery", ["Council", "Store", "Curl", "DeliveryProbe", logging, lifecycle]),
        // The process that the crash tests kill.
        .executableTarget(
            name: "DeliveryProbe", dependencies: ["Council", "Curl", "Delivery", "Store", logging], path: "Tests/DeliveryProbe",
            swiftSettings: settings),
        .executableTarget(
            name: "LedgerProbe", dependencies: ["Council", "Ledger", "Notary", "Store", "TestSupport", logging], path: "Tests/LedgerProbe",
            swiftSettings: settings),
        tests("Bounces", ["Council", "Delivery", "Links", "MIME", "Store", "Curl", logging], exclude: ["Fixtures"]),
        tests("Reception", ["Council", "Links", "Store", "Templating", "DefaultFiles", "Curl", hummingbird, nioCore, crypto, logging]),
        tests("Notary", ["Council", "Ledger", "Store", "Curl", "COpenSSL", "OpenSSL", "LedgerProbe", crypto, logging, lifecycle]),
        tests("Register", ["Council", "Ledger", "Store", "Templating", "DefaultFiles", "Curl", hummingbird, logging]),
        tests("Demonstration", ["Council", "Templating", "DefaultFiles", "Curl", "COpenSSL", hummingbird, logging]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["appariteur", "Council", "Curl", "Demonstration", "Gateway", "Ledger", "MIME", "TestSupport", logging],
            swiftSettings: settings),
        tests("Gateway", ["Composition", "Council", "Store", "Curl", "Ledger", "Links", "DefaultFiles", "Notary", "Templating", logging]),
    ]
)
