import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// What a header shows by itself: judged by python-bitcoinlib.
struct BlockHeaderTests {
    /// Block 0 of Bitcoin, as anybody can look it up.
    private static let genesis =
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa"
        + "4b1e5e4a29ab5f49ffff001d1dac2b7c"

    private static func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }
    private static func header(_ hex: String) throws -> BlockHeader { try #require(try BlockHeader(bytes(hex))) }

    @Test func `the first block's work is what it is known for, and python-bitcoinlib agrees on others, made and spoilt`() throws {
        let genesis = try Self.header(Self.genesis)
        #expect(genesis.hasWork && genesis.workBits == 32)
        #expect(genesis.target == [0, 0, 0, 0, 0xff, 0xff] + [UInt8](repeating: 0, count: 26))
        // A regtest target: about every second header has the work.
        var generator = SeededGenerator(seed: 21_000_000)
        var regtest: [[UInt8]] = []
        for _ in 0..<60 {
            let random = (0..<76).map { _ in UInt8.random(in: 0...255, using: &generator) }
            regtest.append(Array(random.prefix(72)) + [0xff, 0xff, 0x7f, 0x20] + Array(random.suffix(4)))
        }
        try agree("regtest", regtest)
        // Targets of every size, with and without the bit of a negative number; the judge knows Bitcoin's limit besides.
        let first = try Self.bytes(Self.genesis)
        var targets: [[UInt8]] = [first]
        for size in UInt8(0)...40 {
            for digits: [UInt8] in [
                [0xff, 0xff, 0x00], [0x01, 0x00, 0x00], [0xff, 0xff, 0x7f], [0x00, 0x00, 0x80], [0x00, 0x00, 0x00],
            ] {
                targets.append(Array(first.prefix(72)) + digits + [size, 0x1d, 0xac, 0x2b, 0x7c])
            }
        }
        try agree("mainnet", targets, leastWork: 32)
    }

    private func agree(_ network: String, _ headers: [[UInt8]], leastWork: Int = 0) throws {
        let result = try Tool.judge("block_work.py", [network] + headers.map { Hex.encode($0) })
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.text.split(separator: "\n").map(String.init)
        try #require(lines.count == headers.count)
        for (line, bytes) in zip(lines, headers) {
            let header = try #require(BlockHeader(bytes))
            let hasWork = header.hasWork && header.workBits >= leastWork
            #expect("\(header.id) \(hasWork ? "work" : "no work")" == line, "\(Hex.encode(bytes[72..<76]))")
        }
        #expect(Set(lines.map { $0.hasSuffix("no work") }).count == 2, "both kinds were there")
    }

    @Test func `the file has one text for a header: any flipped bit is noticed, and --block-headers reads it`() throws {
        let kept = KeptHeader(height: 0, header: try Self.header(Self.genesis), network: .bitcoin)
        let text = String(decoding: kept.bytes, as: UTF8.self)
        #expect(text == "# bitcoin 000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f\n0:\(Self.genesis)\n")
        #expect(KeptHeader(parsing: kept.bytes, height: 0) == kept)
        #expect(KeptHeader(parsing: kept.bytes, height: 1) == nil)
        #expect(try BlockHeaderFile(parsing: text).headers == [0: kept.header])
        for place in kept.bytes.indices {
            for bit in 0..<8 {
                var bytes = kept.bytes
                bytes[place] ^= 1 << UInt8(bit)
                #expect(KeptHeader(parsing: bytes, height: 0) == nil, "byte \(place)")
            }
        }
        let nameless = KeptHeader(height: 7, header: kept.header, network: nil)
        #expect(KeptHeader(parsing: nameless.bytes, height: 7) == nameless)
        #expect(KeptHeader.height(ofFile: "block-840000.header") == 840_000)
        for name in ["block-.header", "block-007.header", "block--1.header", "block-1.headers", "block-18446744073709551616.header"] {
            #expect(KeptHeader.height(ofFile: name) == nil, "\(name)")
        }
    }
}
