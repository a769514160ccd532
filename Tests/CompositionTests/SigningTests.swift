import Composition
import Council
import Foundation
import Store
import TestSupport
import Testing

/// A signature as dkimpy judges it.
struct JudgedSignature: Decodable {
    let selector: String
    let algorithm: String
    let tags: [String]
    let time: String
    let signed: [String]
    let good: Bool
}

@Suite("Signed messages", .serialized)
struct SigningTests {
    struct Query: Encodable {
        let now = 1_796_112_060
        let records: [String: String]
        let messages: [String]
    }

    static func dkim(_ messages: [[UInt8]], _ signers: [DKIMSigner]) throws -> [[JudgedSignature]] {
        let records = try signers.map { try DKIMRecord($0) }
        let query = Query(
            records: Dictionary(uniqueKeysWithValues: records.map { ($0.name, $0.value) }),
            messages: messages.map { String(decoding: $0, as: UTF8.self) })
        let result = try Tool.judge("dkim_verify.py", input: Array(try JSONEncoder().encode(query)))
        try #require(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([[JudgedSignature]].self, from: Data(result.output))
    }

    static func signers() throws -> [DKIMSigner] {
        [
            try DKIMSigner(selector: "r2026", domain: "valmont.example", key: .generated(.rsa(bits: 2048))),
            try DKIMSigner(selector: "e2026", domain: "valmont.example", key: .generated(.ed25519)),
        ]
    }

    static func smime(_ folder: TemporaryFolder) throws -> (signer: SMIMESigner, authority: URL) {
        let authority = try TestCertificateAuthority(name: "authority", in: folder.url)
        try authority.issue("office", for: ["email:convocations@valmont.example"], purpose: "emailProtection")
        let certificates = Array(try Data(contentsOf: folder["office.pem"]) + Data(contentsOf: authority.certificate))
        let key = try SigningKey(pem: Array(try Data(contentsOf: folder["office.key"])))
        return (try SMIMESigner(certificates: certificates, key: key), authority.certificate)
    }

    /// With a document attached: four sorts of bodies in one message.
    static func message(_ seal: MessageSeal, language: Language = .french) throws -> [UInt8] {
        let test = try TestStorage()
        let documents = try AttachmentTests().draft(test).documents
        let composer = try Fixture.composer(Fixture.settings(attachUpTo: 100_000, seal: seal), test.documents)
        let draft = try Fixture.draft(documents: documents)
        return try composer.preview(of: Fixture.sitting(draft), for: Fixture.member(language: language), at: Fixture.now).bytes
    }

    static func replacing(_ bytes: [UInt8], _ old: String, _ new: String) throws -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let range = try #require(text.range(of: old))
        return Array(text.replacingCharacters(in: range, with: new).utf8)
    }

    @Test func `carry both DKIM signatures, which hold after a trip through Postfix`() async throws {
        let signers = try Self.signers()
        let folder = try TemporaryFolder()
        let postfix = try await Postfix()
        defer { postfix.stop() }
        let messages = [
            try Self.message(MessageSeal(dkim: signers)),
            try Self.message(MessageSeal(smime: try Self.smime(folder).signer, dkim: signers), language: .english),
        ]
        for (index, message) in messages.enumerated() {
            let file = try folder.write(message, to: "\(index).eml")
            let sent = try await aside {
                try Tool.run(
                    "curl",
                    [
                        "--silent", "--show-error", "smtp://127.0.0.1:\(postfix.port)/test.example", "--mail-from",
                        "retours@valmont.example", "--mail-rcpt", "e.legoff@valmont.example", "-T", file.path,
                    ])
            }
            try #require(sent.status == 0, "\(sent.errors)")
            _ = try await postfix.delivered(count: index + 1)
        }
        let delivered = try await postfix.delivered(count: 2)
        #expect(Set(delivered.map(\.bytes)) == Set(messages))
        for signatures in try Self.dkim(delivered.map(\.file), signers) {
            #expect(signatures.map(\.selector) == ["r2026", "e2026"])
            #expect(signatures.map(\.algorithm) == ["rsa-sha256", "ed25519-sha256"])
            #expect(signatures.map(\.good) == [true, true])
            for signature in signatures {
                #expect(signature.tags == ["a", "b", "bh", "c", "d", "h", "s", "t", "v"])
                #expect(signature.time == "1796112007")
                for name in ["from", "to", "subject", "date", "message-id", "reply-to", "references", "mime-version", "content-type"] {
                    #expect(signature.signed.count { $0 == name } == 2, "\(name) is there once and can't be added")
                }
                #expect(signature.signed.count { $0 == "cc" || $0 == "in-reply-to" } == 2)
                #expect(signature.signed.contains("list-id") && signature.signed.contains("auto-submitted"))
            }
        }
    }

    @Test func `with anything altered or added are refused by DKIM`() throws {
        let signers = try Self.signers()
        let bytes = try Self.message(MessageSeal(dkim: signers))
        expectWellFormed(bytes)
        _ = try Judge.message(bytes)
        let altered = [
            bytes,
            try Self.replacing(bytes, "\r\nSubject: ", "\r\nSubject: X"),
            try Self.replacing(bytes, "\r\nTo: ", "\r\nSubject: other\r\nTo: "),
            try Self.replacing(bytes, "\r\nTo: ", "\r\nFrom: x@evil.example\r\nTo: "),
            try Self.replacing(bytes, "\r\nTo: ", "\r\nCc: x@evil.example\r\nTo: "),
            try Self.replacing(bytes, "application/pdf;", "application/pdx;"),
            try Self.replacing(bytes, "vous convoquer", "vous convier"),
            bytes + Array("added\r\n".utf8),
            // What relays may do: white space at the ends of lines, empty lines at the end, another folding.
            try Self.replacing(bytes, "MIME-Version: 1.0\r\n", "MIME-Version:  1.0 \r\n") + Array("\r\n\r\n".utf8),
        ]
        let verdicts = try Self.dkim(altered, signers).map { $0.map(\.good) }
        #expect(verdicts.first == [true, true] && verdicts.last == [true, true])
        #expect(verdicts.dropFirst().dropLast().allSatisfy { $0 == [false, false] })
        // Another key under the same name.
        let others = try Self.signers()
        #expect(try Self.dkim([bytes], others).first?.map(\.good) == [false, false])
    }

    @Test func `hash a body of every awkward shape as dkimpy does`() throws {
        let signer = try DKIMSigner(selector: "e", domain: "valmont.example", key: .generated(.ed25519))
        let bodies = [
            "", "\r\n", "\r\n\r\n", " \r\n\t\r\n", "a", "a\r\n", "a \t b\r\n", " a\r\n", "\ta\r\n", "a\r\n\r\n b \r\n\r\n \r\n",
            "a  \r\n\r\nb\r\n",
        ]
        let messages = try bodies.map { body in
            var message = Array("From: a@valmont.example\r\nSubject:  a \t b \r\n\tc\r\n\r\n\(body)".utf8)
            try MessageSeal(dkim: [signer]).addDKIM(to: &message, at: 1_796_112_007)
            return message
        }
        #expect(try Self.dkim(messages, [signer]).map { $0.map(\.good) } == bodies.map { _ in [true] })
    }

    @Test func `with S/MIME are verified by OpenSSL and read by Python, and refused when altered`() throws {
        let folder = try TemporaryFolder()
        let (signer, authority) = try Self.smime(folder)
        let bytes = try Self.message(MessageSeal(smime: signer))
        expectWellFormed(bytes)
        let judged = try Judge.message(bytes)
        #expect(judged.types?.prefix(3) == ["multipart/signed", "multipart/mixed", "multipart/alternative"])
        #expect(judged.types?.last == "application/pkcs7-signature")
        #expect(judged.subject?.hasPrefix("Convocation : ") == true)
        let verify = { (message: [UInt8]) in
            try Tool.run(
                "openssl", ["cms", "-verify", "-CAfile", authority.path, "-purpose", "smimesign", "-signer", folder["signer.pem"].path],
                input: message)
        }
        let good = try verify(bytes)
        #expect(good.status == 0, "\(good.errors)")
        // What was signed is the unsigned message's entity, byte for byte.
        let plain = try Self.message(.none)
        let entity = try #require(String(decoding: plain, as: UTF8.self).range(of: "Content-Type: "))
        #expect(good.text == String(String(decoding: plain, as: UTF8.self)[entity.lowerBound...]))
        let info = try Tool.run("openssl", ["cms", "-cmsout", "-print", "-noout", "-inform", "SMIME"], input: bytes).text
        #expect(info.contains("Dec  1 08:00:07 2026 GMT"), "the moment of the message is the signature's")
        #expect(info.components(separatedBy: "serialNumber:").count >= 3, "the certificate and the one above it")
        #expect(try verify(try Self.replacing(bytes, "vous convoquer", "vous convier")).status != 0)
        #expect(try verify(try Self.replacing(bytes, "text/calendar", "text/calendas")).status != 0)
        let stranger = try TestCertificateAuthority(name: "stranger", in: folder.url).certificate
        #expect(try Tool.run("openssl", ["cms", "-verify", "-CAfile", stranger.path], input: bytes).status != 0)
    }

    @Test func `refuse keys and certificates that don't serve, each for its reason`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SigningFault.tooSmall(bits: 1024)) {
            try DKIMSigner(selector: "a", domain: "b.example", key: .generated(.rsa(bits: 1024)))
        }
        #expect(throws: SigningFault.unsuitable("EC")) { try DKIMSigner(selector: "a", domain: "b.example", key: .generated(.elliptic)) }
        #expect(throws: SigningFault.noKey) { try SigningKey(pem: Array("nothing".utf8)) }
        let pem = folder["locked.pem"].path
        let made = try Tool.run("openssl", ["genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:sésame", "-out", pem])
        try #require(made.status == 0)
        let locked = Array(try Data(contentsOf: folder["locked.pem"]))
        #expect(throws: SigningFault.locked) { try SigningKey(pem: locked) }
        #expect(throws: SigningFault.locked) { try SigningKey(pem: locked, passphrase: "autre") }
        #expect(try SigningKey(pem: locked, passphrase: "sésame").kind == .rsa(bits: 2048))
        let (signer, authority) = try Self.smime(folder)
        #expect(signer.names(Sample.email("convocations@valmont.example")) && !signer.names(Sample.email("autre@valmont.example")))
        let certificate = Array(try Data(contentsOf: folder["office.pem"]))
        #expect(throws: SigningFault.anotherKey) { try SMIMESigner(certificates: certificate, key: .generated(.rsa(bits: 2048))) }
        let key = try SigningKey(pem: Array(try Data(contentsOf: folder["office.key"])))
        #expect(throws: SigningFault.anotherKey) { try SMIMESigner(certificates: Array(try Data(contentsOf: authority)), key: key) }
        #expect(throws: SigningFault.noCertificate) { try SMIMESigner(certificates: Array("nothing".utf8), key: key) }
        let server = try TestCertificateAuthority(name: "other", in: folder.url)
        try server.issue("server", for: ["email:convocations@valmont.example"])
        let serverKey = try SigningKey(pem: Array(try Data(contentsOf: folder["server.key"])))
        #expect(throws: SigningFault.notForMail) {
            try SMIMESigner(certificates: Array(try Data(contentsOf: folder["server.pem"])), key: serverKey)
        }
    }

    @Test func `DNS records are read back by OpenSSL, in pieces that DNS takes`() throws {
        let signers = try Self.signers()
        let records = try signers.map { try DKIMRecord($0) }
        #expect(records.map(\.name) == ["r2026._domainkey.valmont.example", "e2026._domainkey.valmont.example"])
        #expect(records[0].strings.count == 2 && records[1].strings.count == 1)
        #expect(records.allSatisfy { $0.strings.allSatisfy { $0.utf8.count <= 255 } && $0.strings.joined() == $0.value })
        let key = try #require(Data(base64Encoded: String(records[0].value.drop { $0 != "p" }.dropFirst(2))))
        let read = try Tool.run("openssl", ["pkey", "-pubin", "-inform", "DER", "-text", "-noout"], input: Array(key))
        #expect(read.text.contains("2048 bit"))
        #expect(Data(base64Encoded: String(records[1].value.drop { $0 != "p" }.dropFirst(2)))?.count == 32)
    }
}
