import Council
import Hummingbird
import NIOCore

/// The fields of a small form (application/x-www-form-urlencoded). Of a repeated name, the first counts.
struct FormBody {
    static let maximumSize = 8 * 1024

    let fields: [String: String]

    /// Reads at most `maximumSize` bytes of the request.
    init(reading request: Request) async throws {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > Self.maximumSize { throw Refusal.tooLarge }
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard type?.trimmingPrefix(while: \.isWhitespace) == "application/x-www-form-urlencoded" else { throw Refusal.badForm }
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: Self.maximumSize)
        } catch is NIOTooManyBytesError {
            throw Refusal.tooLarge
        }
        self.init(parsing: bytes.readableBytesView)
    }

    init(parsing bytes: some Sequence<UInt8>) {
        var fields: [String: String] = [:]
        for pair in Array(bytes).split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = PercentEncoding.decodeForm(sides[0])
            if fields[name] == nil { fields[name] = sides.count > 1 ? PercentEncoding.decodeForm(sides[1]) : "" }
        }
        self.fields = fields
    }

    subscript(_ name: String) -> String { fields[name] ?? "" }
}
