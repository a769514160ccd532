/// One signature line of a note.
package struct NoteSignature: Hashable, Sendable {
    package let name: String
    /// Four bytes.
    package let keyID: [UInt8]
    package let signature: [UInt8]

    /// As it stands in a note, with its newline.
    package var line: String { "— \(name) \(Base64.encode(keyID + signature))\n" }

    /// Lines alone, without a text before them: what a witness answers (c2sp.org/tlog-witness).
    package static func lines(parsing bytes: [UInt8]) throws(NoteError) -> [NoteSignature] {
        guard let text = String(validating: bytes, as: UTF8.self), text.utf8.last == 0x0A else {
            throw .malformed("lines of UTF-8 are expected, each with its newline")
        }
        let lines = text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= UnverifiedNote.maximumSignatures else {
            throw .malformed("more than \(UnverifiedNote.maximumSignatures) signatures")
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try UnverifiedNote.signature(Array(line)[...])) }
        return signatures
    }
}

/// A signed note as it came: nothing of it may be believed before `verified(by:)`. (c2sp.org/signed-note)
package struct UnverifiedNote: Hashable, Sendable {
    /// The whole note, as read.
    package let bytes: [UInt8]
    /// What is signed: it ends in a newline.
    package let text: [UInt8]
    package let signatures: [NoteSignature]

    /// Bounds on what a stranger may make us read.
    package static let maximumBytes = 256 * 1024
    package static let maximumSignatures = 64

    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.maximumBytes else { throw .malformed("more than \(Self.maximumBytes) bytes") }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else { throw .malformed("it has a control character") }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed("it isn't UTF-8") }
        guard bytes.last == 0x0A else { throw .malformed("it doesn't end in a newline") }
        guard let blank = Self.lastBlankLine(bytes) else { throw .malformed("no blank line before the signatures") }
        self.bytes = bytes
        text = Array(bytes[...blank])
        var signatures: [NoteSignature] = []
        for line in bytes[(blank + 2)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard signatures.count < Self.maximumSignatures else { throw .malformed("more than \(Self.maximumSignatures) signatures") }
            signatures.append(try Self.signature(line))
        }
        self.signatures = signatures
    }

    private init(text: [UInt8], signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
        var bytes = text + [0x0A]
        for signature in signatures { bytes += signature.line.utf8 }
        self.bytes = bytes
    }

    /// A new note. The text must end in a newline, be free of other control characters.
    package static func signed(_ text: [UInt8], by key: NoteSigningKey) throws(NoteError) -> UnverifiedNote {
        let note = UnverifiedNote(text: text, signatures: [try key.sign(text)])
        // What can't be read back must not be published.
        guard try UnverifiedNote(parsing: note.bytes) == note else { throw .malformed("the text can't be signed as it is") }
        return note
    }

    /// The same note with further signature lines at its end; those that it has already are left out.
    package func adding(_ lines: [NoteSignature]) throws(NoteError) -> UnverifiedNote {
        try with(signatures: signatures + lines.filter { !signatures.contains($0) })
    }

    /// Those of `lines` by whose signer it has none.
    package func lacking(_ lines: [NoteSignature]) -> [NoteSignature] {
        lines.filter { line in !signatures.contains { $0.keyID == line.keyID && $0.name == line.name } }
    }

    /// The same text with these signature lines instead.
    package func with(signatures: [NoteSignature]) throws(NoteError) -> UnverifiedNote {
        let note = UnverifiedNote(text: text, signatures: signatures)
        guard try UnverifiedNote(parsing: note.bytes) == note else { throw .malformed("the lines can't be added as they are") }
        return note
    }

    /// Every line of a known key must be right, and there must be one; unknown keys are ignored. Returns who signed.
    package func verified(by keys: [NoteVerifierKey]) throws(NoteError) -> [NoteVerifierKey] {
        var signers: [NoteVerifierKey] = []
        for line in signatures {
            for key in keys where key.matches(line) {
                guard key.isValid(line.signature, of: text) else { throw .badSignature(key: key.name) }
                if !signers.contains(key) { signers.append(key) }
            }
        }
        guard !signers.isEmpty else { throw .unsigned }
        return signers
    }

    /// Index of the newline that ends the text: the last one that is followed by an empty line.
    private static func lastBlankLine(_ bytes: [UInt8]) -> Int? {
        var index = bytes.count - 2
        while index >= 0 {
            if bytes[index] == 0x0A, bytes[index + 1] == 0x0A { return index }
            index -= 1
        }
        return nil
    }

    /// `— name base64`
    fileprivate static func signature(_ line: ArraySlice<UInt8>) throws(NoteError) -> NoteSignature {
        let parts = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.elementsEqual("—".utf8) else {
            throw .malformed("a signature line is not “— name signature”")
        }
        guard KeyName.isValid(String(parts[1])) else { throw .malformed("a signature line's name is empty or has a space or a +") }
        guard let blob = Base64.decode(parts[2]), blob.count > 4 else { throw .malformed("a signature isn't base64 of five bytes or more") }
        return NoteSignature(name: String(parts[1]), keyID: Array(blob.prefix(4)), signature: Array(blob.dropFirst(4)))
    }
}
