package import Foundation

/// A certificate authority of the tests' own, made by the `openssl` tool.
package struct TestCertificateAuthority: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// PEM: what clients are to trust.
    package let certificate: URL
    private let key: URL
    private let folder: URL

    /// Writes `<name>.pem` and `<name>.key` into `folder`.
    package init(name: String, in folder: URL) throws {
        self.folder = folder
        certificate = folder.appendingPathComponent(name + ".pem")
        key = folder.appendingPathComponent(name + ".key")
        let settings = folder.appendingPathComponent(name + ".cnf")
        try Data(
            """
            [req]
            distinguished_name = name
            x509_extensions = authority
            prompt = no
            [name]
            CN = Appariteur tests \(name)
            [authority]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash

            """.utf8
        ).write(to: settings)
        try Self.openssl(
            ["req", "-x509", "-config", settings.path] + Self.newKey + ["-keyout", key.path, "-out", certificate.path, "-days", "2"])
    }

    /// A certificate for these names (`DNS:…`, `IP:…`, `email:…`), a server's unless another purpose is given: writes
    /// `<name>.pem` and `<name>.key`, unencrypted. Below zero days it has ended already.
    package func issue(_ name: String, for names: [String], purpose: String = "serverAuth", days: Int = 2) throws {
        let stem = folder.appendingPathComponent(name).path
        let settings = stem + ".cnf"
        let text = """
            [req]
            distinguished_name = name
            prompt = no
            [name]
            CN = \(name)
            [server]
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = \(purpose)
            subjectAltName = \(names.joined(separator: ", "))

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: settings))
        try Self.openssl(["req", "-new", "-config", settings] + Self.newKey + ["-keyout", stem + ".key", "-out", stem + ".csr"])
        try Self.openssl([
            "x509", "-req", "-in", stem + ".csr", "-CA", certificate.path, "-CAkey", key.path, "-CAcreateserial", "-days", "\(days)",
            "-extfile", settings, "-extensions", "server", "-out", stem + ".pem",
        ])
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private static func openssl(_ arguments: [String]) throws {
        let result = try Tool.run("openssl", arguments)
        guard result.status == 0 else { throw Fault(description: "openssl \(arguments.joined(separator: " ")): \(result.errors)") }
    }
}
