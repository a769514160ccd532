import Curl
import Foundation
import Ledger

/// Asks one witness to cosign a checkpoint (c2sp.org/tlog-witness, `add-checkpoint`).
struct WitnessClient: Sendable {
    let witness: WitnessSettings.Witness
    let http: HTTPClient
    let tiles: PublishedTiles

    /// A cosignature dated later than this after our own clock would be a false statement for whoever reads it.
    static let clockTolerance: TimeInterval = 300
    /// A witness that is asked by two of us at once may name a new size each time.
    private static let longestTalk = 4

    /// `known`: entries that this witness cosigned last, where we know. Where that is wrong the witness tells (409), and is asked
    /// again at once from there. Throws also what reading the tiles throws, as a passing fault.
    func cosignature(of checkpoint: VerifiedCheckpoint, known: UInt64?, now: Date) async throws(WitnessFault) -> Cosignature {
        // Size 0 is right for a witness that doesn't know us, and makes any other tell its size.
        var old = known.flatMap { $0 <= checkpoint.size ? $0 : nil } ?? 0
        for _ in 0..<Self.longestTalk {
            let answer = try await ask(checkpoint, from: old)
            switch answer.status {
            case 200: return try verified(answer.body, of: checkpoint, now: now)
            case 409: old = try nextSize(answer, asked: old, for: checkpoint)
            default: throw Self.refusal(answer, old: old)
            }
        }
        throw WitnessFault(.passing, "it named another size each time")
    }

    private func ask(_ checkpoint: VerifiedCheckpoint, from old: UInt64) async throws(WitnessFault) -> HTTPClient.Answer {
        let request: AddCheckpointRequest
        do {
            request = try AddCheckpointRequest(
                oldSize: old, proof: try tiles.consistencyProof(from: old, to: checkpoint),
                checkpoint: try UnverifiedCheckpoint(parsing: checkpoint.note))
        } catch is ProofError {
            throw WitnessFault(.alarm, "our tiles don't have the root of our checkpoint: run `appariteur ledger audit`")
        } catch {
            throw WitnessFault(.passing, "the consistency proof from \(old) could not be made: \(error)")
        }
        do {
            let headers = [HTTPClient.Header("Content-Type", "text/plain; charset=utf-8")]
            return try await http.post(witness.url + "/add-checkpoint", headers: headers, body: request.text)
        } catch {
            throw WitnessFault(error.kind == .cancelled ? .cancelled : .passing, error.words)
        }
    }

    private func nextSize(
        _ answer: HTTPClient.Answer, asked old: UInt64, for checkpoint: VerifiedCheckpoint
    ) throws(WitnessFault) -> UInt64 {
        let type = answer.header("Content-Type")?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        guard type == TreeSizeText.mediaType, let size = TreeSizeText.decode(answer.body) else {
            if old == checkpoint.size { throw Self.fork(at: old) }
            throw WitnessFault(.passing, "HTTP 409 without its size")
        }
        // tlog-witness 1.0: an equal size with another root is a conflict that names this same size.
        if size == old, old == checkpoint.size { throw Self.fork(at: old) }
        guard size != old else { throw WitnessFault(.passing, "HTTP 409 with the very size that it was asked from") }
        guard size <= checkpoint.size else {
            throw WitnessFault(.ahead(size), "it has cosigned \(size) entries, our checkpoint has \(checkpoint.size)")
        }
        return size
    }

    private static func fork(at size: UInt64) -> WitnessFault {
        WitnessFault(.alarm, "it has cosigned another state of our ledger with \(size) entries: two ledgers are signed with our key")
    }

    private static func refusal(_ answer: HTTPClient.Answer, old: UInt64) -> WitnessFault {
        switch answer.status {
        case 400: WitnessFault(.refusal, "HTTP 400, it can't read our request: \(words(answer))")
        case 403: WitnessFault(.refusal, "HTTP 403, it knows our ledger by another key: give its operator our vkey")
        case 404: WitnessFault(.refusal, "HTTP 404, it doesn't know our ledger: give its operator our vkey (or the address is wrong)")
        case 422: WitnessFault(.alarm, "HTTP 422, our checkpoint doesn't continue what it cosigned at \(old) entries")
        default: WitnessFault(.passing, "HTTP \(answer.status)")
        }
    }

    /// What a stranger says, short and without control characters.
    private static func words(_ answer: HTTPClient.Answer) -> String {
        String(String.UnicodeScalarView(answer.text.unicodeScalars.prefix(120).filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }

    private func verified(_ body: [UInt8], of checkpoint: VerifiedCheckpoint, now: Date) throws(WitnessFault) -> Cosignature {
        do throws(NoteError) {
            let lines = try NoteSignature.lines(parsing: body)
            // As lines of our note: what is published must be readable with them.
            let note = try UnverifiedNote(parsing: checkpoint.note).adding(lines)
            guard let cosignature = try note.cosignatures(by: [witness.key]).first else {
                throw NoteError.unsigned
            }
            guard Double(cosignature.time) <= now.timeIntervalSince1970 + Self.clockTolerance else {
                throw NoteError.malformed("its time is in the future: a clock is wrong, there or here")
            }
            return cosignature
        } catch {
            throw WitnessFault(.refusal, "its answer is no cosignature by its configured key: \(error)")
        }
    }
}
