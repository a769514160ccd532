import Council
import Foundation
import Ledger
import Notary
import Store
import TestSupport
import Testing

/// What a proof carries for people: it proves nothing, and can lie to whoever opens it.
struct ForeignPageTests {
    @Test func `the page that ships is the one that verify knows`() throws {
        let hash = ContentHash(sha256Of: try ProofFixture.verifierPage()).hex
        #expect(
            ProofLayout.verifierPageHash == hash,
            "Templates/proof/VERIFIER.html has changed: put its SHA-256 into ProofLayout.verifierPageHash (\(hash))")
    }

    @Test func `a page or instructions that aren't ours are named before anything else, and the proof holds`() async throws {
        let fixture = try await ProofFixture.shared.value
        // Without its timestamps: they are of today, the entries of the sample's time.
        let archive = try ProofFixture.altered(try await fixture.exporter().export(.convocation(fixture.convocation)).archive) {
            $0.name.hasSuffix(".tsr") || $0.name.contains(".chain.") || $0.name.contains(".crl.") ? nil : $0
        }
        func warnings(_ archive: [UInt8]) throws -> (report: ProofReport, codes: [String]) {
            let report = try ProofVerifier.verify(archive)
            let codes = report.statements.filter { $0.standing == .warning }.compactMap { $0.json["code"]?.text }
            return (report, codes)
        }
        let whole = try warnings(archive)
        #expect(whole.codes == [])
        // All that the page needs to lie: one word of it.
        let lying = try ProofFixture.altered(archive, "VERIFIER.html") {
            Array(String(decoding: $0, as: UTF8.self).replacing("Refusée", with: "Vérifiée").utf8)
        }
        #expect(lying != archive)
        let page = try warnings(lying)
        #expect(page.codes == ["page-differs"] && page.report.statements.contains(.pageDiffers))
        #expect(page.report.facts == whole.report.facts)
        for (language, heading, words) in [
            (Language.french, "Attention :", "Ne croyez pas ce qu'elle affiche"), (.english, "Beware:", "Don't trust what it shows"),
        ] {
            let text = ProofWords(language).text(of: page.report)
            let place = try #require(text.range(of: heading))
            let proven = try #require(text.range(of: language == .french ? "Établi :" : "Proven:"))
            #expect(text.contains(words) && place.lowerBound < proven.lowerBound, "\(text)")
            #expect(!ProofWords(language).text(of: whole.report).contains(heading))
        }
        let readMe = try ProofFixture.altered(archive, "LISEZMOI.txt") { $0 + Array("Appelez le 0 800 000 000.\n".utf8) }
        #expect(try warnings(readMe).codes == ["instructions-differ"])
        // Without a page there is nothing to be misled by.
        let without = try ProofFixture.altered(archive) { $0.name == "VERIFIER.html" ? nil : $0 }
        #expect(try warnings(without).codes == [])
    }
}
