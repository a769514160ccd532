import Curl
import Foundation
import TestSupport
import Testing

/// A look at a relay, by a real Postfix and by servers that misbehave.
@Suite("A look at a relay", .timeLimit(.minutes(15)))
struct SMTPProbeTests {
    private static let manner = SMTPProbe.Manner(timeout: .seconds(20))

    private func relay(
        _ port: Int, _ security: SMTPRelay.Security, ca: String? = nil, password: String? = nil
    ) throws -> SMTPRelay {
        try SMTPRelay(
            host: "127.0.0.1", port: port, security: security, caFile: ca,
            credentials: try password.map { try SMTPCredentials(user: Postfix.user, password: $0) },
            heloName: "gateway.test")
    }

    @Test("tells what the relay offers, TLS and certificate, and leaves no message")
    func all() async throws {
        let postfix = try await Postfix()
        for (port, security) in [(postfix.submissionPort, SMTPRelay.Security.startTLS), (postfix.smtpsPort, .implicit)] {
            let probe = await SMTPProbe.look(at: try relay(port, security, ca: postfix.caFile, password: Postfix.password), Self.manner)
            #expect(probe.fault == nil, "\(probe)")
            let offers = try #require(probe.capabilities)
            #expect(offers.contains("SIZE 52428800") && offers.contains("DSN") && offers.contains("AUTH PLAIN LOGIN"), "\(offers)")
            #expect(probe.tls?.version.hasPrefix("TLSv1.") == true)
            #expect(probe.replies.contains { $0.code == 235 } && probe.replies.last?.code == 250, "\(probe.replies)")
            let own = try #require(probe.certificates.first)
            #expect(own.names.contains("relay.test") && own.subject.contains("relay") && own.issuer.contains("authority"), "\(own)")
            // The judge of its end: openssl's own reading.
            let judge = try Tool.run(
                "openssl", ["x509", "-in", postfix.folder["relay.pem"].path, "-noout", "-enddate", "-dateopt", "iso_8601"])
            let expected = String(judge.text.dropFirst("notAfter=".count).prefix(19)).replacing(" ", with: "T") + "Z"
            #expect(try own.notAfter == Date(expected, strategy: .iso8601))
        }
        #expect(try postfix.delivered().isEmpty)
    }

    @Test("a wrong password is told by the relay's reply, and the password nowhere")
    func password() async throws {
        let postfix = try await Postfix()
        let secret = "pas-ce-mot-de-passe"
        let probe = await SMTPProbe.look(
            at: try relay(postfix.submissionPort, .startTLS, ca: postfix.caFile, password: secret), Self.manner)
        #expect(probe.fault?.code == 67 && probe.replies.contains { $0.code == 535 }, "\(probe)")
        let encoded = Data(secret.utf8).base64EncodedString()
        #expect(!"\(probe)".contains(secret) && !"\(probe)".contains(encoded))
    }

    @Test("a certificate that is not trusted is refused before the account is shown; a look without belief reads it, without the account")
    func distrust() async throws {
        let postfix = try await Postfix()
        let stranger = try relay(postfix.submissionPort, .startTLS, ca: postfix.otherCAFile, password: Postfix.password)
        let refused = await SMTPProbe.look(at: stranger, Self.manner)
        #expect(refused.fault?.code == 60 && refused.certificates.isEmpty, "\(refused)")
        let looked = await SMTPProbe.look(at: stranger, .init(verifies: false, timeout: .seconds(20)))
        #expect(looked.certificates.first?.names.contains("relay.test") == true, "\(looked)")
        #expect(!looked.replies.contains { [235, 334].contains($0.code) }, "\(looked.replies)")
    }

    @Test("no port, no STARTTLS, and silence are faults of their own")
    func faults() async throws {
        let closed = await SMTPProbe.look(at: try relay(try Loopback.freePorts(1)[0], .startTLS), Self.manner)
        #expect(closed.fault?.code == 7 && closed.replies.isEmpty)
        let plain = try RudeServer()
        defer { plain.stop() }
        let bare = await SMTPProbe.look(at: try relay(plain.port, .startTLS), Self.manner)
        #expect(bare.fault?.code == 64, "\(bare)")
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16 in
                guard bind(silent, pointer, size) == 0, listen(silent, 1) == 0, getsockname(silent, pointer, &size) == 0 else { return 0 }
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
            }
        }
        let mute = await SMTPProbe.look(at: try relay(Int(port), .startTLS), .init(timeout: .seconds(1)))
        #expect(mute.fault?.code == 28 && mute.replies.isEmpty, "\(mute)")
    }
}
