import Ledger
import Testing

struct EvidenceNameTests {
    @Test(
        arguments: [
            ("body.tsr", nil, 0, EvidenceName.Kind.token), ("body.un.tsr", "un", 0, .token), ("body.chain.pem", nil, 0, .chain),
            ("body.un.crl.pem", "un", 0, .revocations), ("body.renewal-1.txt", nil, 1, .list), ("body.un.renewal-12.tsr", "un", 12, .token),
            ("body.un.renewal-2.chain.pem", "un", 2, .chain), ("body.chain.tsr", "chain", 0, .token),
            ("body.crl.crl.pem", "crl", 0, .revocations),
        ] as [(String, String?, Int, EvidenceName.Kind)])
    func `a name is read and written back`(name: String, authority: String?, renewal: Int, kind: EvidenceName.Kind) throws {
        let read = try #require(EvidenceName(name))
        #expect(read == EvidenceName(authority: authority, renewal: renewal, kind: kind) && read.name == name)
    }

    @Test(arguments: [
        "body", "body.ots", "body.txt", "body.un.txt", "body..tsr", "body.un.deux.tsr", "body.renewal-0.tsr", "body.renewal-01.tsr",
        "body.renewal-1000.tsr", "body.renewal-1.un.tsr", "body.../x.tsr", "body.u/n.tsr", "corps.tsr", "body.tsr.", "body.pem",
        "body.é.tsr", "checkpoint", "", "body.renewal-1.renewal-2.tsr",
    ])
    func `anything else is no such name`(name: String) { #expect(EvidenceName(name) == nil) }

    @Test func `an authority can't be called like a renewal`() {
        #expect(EvidenceName.isReserved(authority: "renewal-3") && !EvidenceName.isReserved(authority: "renewal"))
        // So the two never have one name.
        #expect(EvidenceName("body.renewal-3.tsr")?.authority == nil)
    }
}
