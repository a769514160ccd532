import Crypto

/// Why a note, or a key of one, can't be used.
package enum NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case malformedKey(String)
    /// No signature line of a known key.
    case unsigned
    /// A line of a known key whose signature is wrong: the whole note is refused (c2sp.org/signed-note).
    case badSignature(key: String)
    case signing(String)

    package var description: String {
        switch self {
        case .malformed(let why): "not a signed note: \(why)"
        case .malformedKey(let why): "not a note's key: \(why)"
        case .unsigned: "no signature of a known key"
        case .badSignature(let key): "the signature by \(key) is wrong"
        case .signing(let why): "signing failed: \(why)"
        }
    }
}

/// A public key that checks notes (c2sp.org/signed-note, type 0x01, Ed25519).
package struct NoteVerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// Never empty, without spaces, `+` or control characters.
    package let name: String
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key).
    package let id: [UInt8]
    /// 32 bytes (RFC 8032).
    package let publicKey: [UInt8]

    package init(name: String, publicKey: [UInt8]) throws(NoteError) {
        guard KeyName.isValid(name) else {
            throw .malformedKey("the name “\(name)” is empty or has a space, a + or a control character")
        }
        guard publicKey.count == 32 else { throw .malformedKey("an Ed25519 key has 32 bytes, not \(publicKey.count)") }
        self.name = name
        self.publicKey = publicKey
        id = KeyName.id(name: name, type: KeyName.ed25519, publicKey: publicKey)
    }

    /// Reads `name+hex8+base64(0x01 ‖ key)`, with or without one newline at its end.
    package init(parsing vkey: String) throws(NoteError) {
        let parts = try KeyText.publicParts(of: vkey, type: KeyName.ed25519) { "only Ed25519 (type 1) is known, not type \($0)" }
        try self.init(name: parts.name, publicKey: parts.bytes)
        try KeyText.compare(parts.id, with: id)
    }

    /// `name+hex8+base64(0x01 ‖ key)`: the text to publish.
    package var description: String { "\(name)+\(KeyName.hex(id))+\(Base64.encode([KeyName.ed25519] + publicKey))" }

    func isValid(_ signature: [UInt8], of text: [UInt8]) -> Bool {
        // Bytes that are no point of the curve sign nothing.
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: text)
    }

    /// Names are compared byte by byte: Swift's `==` takes é composed and decomposed for the same.
    package func matches(_ line: NoteSignature) -> Bool { id == line.keyID && name.utf8.elementsEqual(line.name.utf8) }
}

/// A secret key that signs notes. Its description shows the public half only.
package struct NoteSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifier: NoteVerifierKey

    /// `seed`: 32 random bytes.
    package init(name: String, seed: [UInt8]) throws(NoteError) {
        key = try KeyText.key(ofSeed: seed)
        verifier = try NoteVerifierKey(name: name, publicKey: [UInt8](key.publicKey.rawRepresentation))
    }

    /// Reads the key file's text, `PRIVATE+KEY+name+hex8+base64(0x01 ‖ seed)`, as golang.org/x/mod/sumdb/note writes it.
    package init(parsing skey: String) throws(NoteError) {
        let parts = try KeyText.secretParts(of: skey, type: KeyName.ed25519, what: "an Ed25519 seed (type 1)")
        try self.init(name: parts.name, seed: parts.bytes)
        try KeyText.compareSecret(parts.id, with: verifier.id)
    }

    /// The key file's text: secret.
    package var serialized: String {
        KeyText.secret(name: verifier.name, id: verifier.id, type: KeyName.ed25519, seed: [UInt8](key.rawRepresentation))
    }

    package var description: String { "signing key of \(verifier)" }
    package var customMirror: Mirror { Mirror(self, children: ["verifier": verifier]) }

    /// `text` must end in a newline.
    func sign(_ text: [UInt8]) throws(NoteError) -> NoteSignature {
        do {
            return NoteSignature(name: verifier.name, keyID: verifier.id, signature: [UInt8](try key.signature(for: text)))
        } catch {
            throw .signing("\(error)")
        }
    }
}

enum KeyName {
    static let ed25519: UInt8 = 1

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
    }

    static let cosignature: UInt8 = 4

    /// First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key).
    static func id(name: String, type: UInt8, publicKey: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        let message = Array(name.utf8) + [0x0A, type] + publicKey
        message.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize().prefix(4))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
