import Crypto

/// The one text form that keys of all types have: `name+hex8+base64(type ‖ key)`, a secret one behind `PRIVATE+KEY+`.
enum KeyText {
    struct Parts {
        let name: String
        /// As written: to be compared with the key's own.
        let id: Substring
        /// Without the type.
        let bytes: [UInt8]
    }

    /// With or without one newline at its end. `otherwise`: what to say of a key of another type.
    static func publicParts(of vkey: String, type: UInt8, otherwise: (UInt8) -> String) throws(NoteError) -> Parts {
        let parts = line(vkey).split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformedKey("name+id+key is expected") }
        guard let bytes = Base64.decode(parts[2]), let found = bytes.first else { throw .malformedKey("the key isn't base64") }
        guard found == type else { throw .malformedKey(otherwise(found)) }
        return Parts(name: String(parts[0]), id: parts[1], bytes: Array(bytes.dropFirst()))
    }

    static func compare(_ written: Substring, with id: [UInt8]) throws(NoteError) {
        guard KeyName.hex(id) == written else { throw .malformedKey("the id \(written) is not this key's (\(KeyName.hex(id)))") }
    }

    /// `what`: what the last part should be.
    static func secretParts(of skey: String, type: UInt8, what: String) throws(NoteError) -> Parts {
        let parts = line(skey).split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY" else {
            throw .malformedKey("PRIVATE+KEY+name+id+key is expected")
        }
        guard let bytes = Base64.decode(parts[4]), bytes.first == type else {
            throw .malformedKey("the last part isn't \(what) in base64")
        }
        return Parts(name: String(parts[2]), id: parts[3], bytes: Array(bytes.dropFirst()))
    }

    static func compareSecret(_ written: Substring, with id: [UInt8]) throws(NoteError) {
        guard KeyName.hex(id) == written else { throw .malformedKey("the id doesn't belong to this key: the file is damaged") }
    }

    static func key(ofSeed seed: [UInt8]) throws(NoteError) -> Curve25519.Signing.PrivateKey {
        // Its length is all that can be wrong with it.
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw .malformedKey("a seed has 32 bytes, not \(seed.count)")
        }
        return key
    }

    static func secret(name: String, id: [UInt8], type: UInt8, seed: [UInt8]) -> String {
        "PRIVATE+KEY+\(name)+\(KeyName.hex(id))+\(Base64.encode([type] + seed))\n"
    }

    private static func line(_ text: String) -> Substring { text.hasSuffix("\n") ? text.dropLast() : text[...] }
}
