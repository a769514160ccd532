import Foundation
import Hummingbird
import NIOCore
import NIOPosix

/// A document's file, open for reading; closed when this value goes.
///
/// Read piece by piece, and only when the connection can take another: whatever the document's size, a reader costs one piece.
final class DocumentFile: Sendable {
    static let pieceSize = 128 * 1024

    struct Fault: Error {
        let code: Int32
    }

    private let descriptor: Int32
    /// Bytes.
    let size: Int64

    init(_ path: String) throws(Fault) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Fault(code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let code = errno
            close(descriptor)
            throw Fault(code: code)
        }
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// The bytes of `range`, as an answer's body. When the file ends early the connection breaks, so that no reader takes
    /// a part for the whole. `loops`: those that carry the server's connections.
    func body(_ range: Range<Int64>, loops: any EventLoopGroup) -> ResponseBody {
        ResponseBody(contentLength: range.count) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = Int(min(Int64(Self.pieceSize), range.upperBound - offset))
                let start = offset
                let piece = try await NIOThreadPool.singleton.runIfActive { try self.read(count, at: start) }
                guard piece.readableBytes > 0 else { throw Fault(code: EIO) }
                offset += Int64(piece.readableBytes)
                try await writer.write(piece)
                try await Self.catchUp(loops)
            }
            try await writer.finish(nil)
        }
    }

    /// Lets the connection's event loop take what was written before more is written. The writer holds back a task only once
    /// that loop has found its socket full; without this, a disk that is faster than the loop would fill the memory with pieces on
    /// their way to it. Which loop it is can't be asked here, so each is waited for.
    private static func catchUp(_ loops: any EventLoopGroup) async throws {
        for loop in loops.makeIterator() { try await loop.submit {}.get() }
    }

    /// Blocks on the disk. Fewer bytes only at the file's end.
    private func read(_ count: Int, at offset: Int64) throws(Fault) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes < count {
            let missing = count - buffer.readableBytes
            let place = offset + Int64(buffer.readableBytes)
            let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
                max(0, pread(descriptor, space.baseAddress, missing, off_t(place)))
            }
            if got > 0 { continue }
            // pread gave nothing: the end, or a fault that a second call shows.
            var byte: UInt8 = 0
            let again = pread(descriptor, &byte, 1, off_t(place))
            if again < 0, errno != EINTR { throw Fault(code: errno) }
            if again == 0 { break }
        }
        return buffer
    }
}
