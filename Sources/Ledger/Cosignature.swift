import Crypto

/// A witness's public key (c2sp.org/tlog-cosignature, type 0x04, Ed25519). A witness may have the same bytes as a ledger's key
/// without being it: what it signs begins otherwise.
package struct CosignerKey: Hashable, Sendable, CustomStringConvertible {
    /// Never empty, without spaces, `+` or control characters.
    package let name: String
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ key).
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
        id = KeyName.id(name: name, type: KeyName.cosignature, publicKey: publicKey)
    }

    /// Reads `name+hex8+base64(0x04 ‖ key)`, with or without one newline at its end.
    package init(parsing vkey: String) throws(NoteError) {
        let parts = try KeyText.publicParts(of: vkey, type: KeyName.cosignature) {
            "a witness's key is of type 4 (Ed25519 cosignature), this one of type \($0)"
        }
        try self.init(name: parts.name, publicKey: parts.bytes)
        try KeyText.compare(parts.id, with: id)
    }

    /// `name+hex8+base64(0x04 ‖ key)`: the text to publish.
    package var description: String { "\(name)+\(KeyName.hex(id))+\(Base64.encode([KeyName.cosignature] + publicKey))" }

    /// The witness's statement in one line of a note; nil: the line is another key's. Throws when it is this key's and wrong.
    package func cosignature(in line: NoteSignature, of body: [UInt8]) throws(NoteError) -> Cosignature? {
        guard id == line.keyID, name.utf8.elementsEqual(line.name.utf8) else { return nil }
        guard line.signature.count == 8 + 64 else { throw .badSignature(key: name) }
        let time = line.signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Bytes that are no point of the curve sign nothing.
        guard time <= Cosignature.latest, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey),
            key.isValidSignature(line.signature.dropFirst(8), for: Cosignature.message(body, at: time))
        else { throw .badSignature(key: name) }
        return Cosignature(key: self, time: time, line: line)
    }
}

/// What a witness says: at this time, the largest consistent state of the ledger that it had seen was this one. Only signing and
/// verifying make one.
package struct Cosignature: Hashable, Sendable {
    package let key: CosignerKey
    /// Seconds since 1970, by the witness's clock.
    package let time: UInt64
    /// As it stands in the note.
    package let line: NoteSignature

    fileprivate init(key: CosignerKey, time: UInt64, line: NoteSignature) {
        self.key = key
        self.time = time
        self.line = line
    }

    /// The largest time that the format has.
    static let latest = UInt64(Int64.max)

    /// What is signed.
    static func message(_ body: [UInt8], at time: UInt64) -> [UInt8] { Array("cosignature/v1\ntime \(time)\n".utf8) + body }
}

/// A witness's secret key. Its description shows the public half only.
package struct CosigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifier: CosignerKey

    /// `seed`: 32 random bytes.
    package init(name: String, seed: [UInt8]) throws(NoteError) {
        key = try KeyText.key(ofSeed: seed)
        verifier = try CosignerKey(name: name, publicKey: [UInt8](key.publicKey.rawRepresentation))
    }

    /// Reads the key file's text, `PRIVATE+KEY+name+hex8+base64(0x04 ‖ seed)`.
    package init(parsing skey: String) throws(NoteError) {
        let parts = try KeyText.secretParts(of: skey, type: KeyName.cosignature, what: "a witness's seed (type 4)")
        try self.init(name: parts.name, seed: parts.bytes)
        try KeyText.compareSecret(parts.id, with: verifier.id)
    }

    /// The key file's text: secret.
    package var serialized: String {
        KeyText.secret(name: verifier.name, id: verifier.id, type: KeyName.cosignature, seed: [UInt8](key.rawRepresentation))
    }

    /// `body`: the checkpoint's text, extension lines included; `time` in seconds since 1970.
    package func cosign(_ body: [UInt8], at time: UInt64) throws(NoteError) -> Cosignature {
        guard time <= Cosignature.latest else { throw .signing("the time is beyond what a cosignature can say") }
        let signature: [UInt8]
        do { signature = [UInt8](try key.signature(for: Cosignature.message(body, at: time))) } catch { throw .signing("\(error)") }
        let stamp = (0..<8).map { UInt8(truncatingIfNeeded: time >> UInt64(56 - 8 * $0)) }
        let line = NoteSignature(name: verifier.name, keyID: verifier.id, signature: stamp + signature)
        // Checked before anyone sees it: a bit that flipped while signing stops here.
        guard let made = try verifier.cosignature(in: line, of: body) else { throw .signing("the line is not this key's") }
        return made
    }

    package var description: String { "cosigning key of \(verifier)" }
    package var customMirror: Mirror { Mirror(self, children: ["verifier": verifier]) }
}

extension UnverifiedNote {
    /// The statements of known witnesses, at most one (the latest) of each key, in the order of `keys`. Throws when a line of a known key
    /// is wrong: the whole note is refused then (c2sp.org/signed-note).
    package func cosignatures(by keys: [CosignerKey]) throws(NoteError) -> [Cosignature] {
        var found: [Cosignature] = []
        for key in keys where !found.contains(where: { $0.key.publicKey == key.publicKey }) {
            var latest: Cosignature?
            for line in signatures {
                guard let cosignature = try key.cosignature(in: line, of: text) else { continue }
                if latest.map({ $0.time < cosignature.time }) ?? true { latest = cosignature }
            }
            if let latest { found.append(latest) }
        }
        return found
    }
}
