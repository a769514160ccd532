/// One C object, freed when its owner goes out of scope: no path, thrown or returned, can leak it or free it twice.
package struct Owned<Pointer>: ~Copyable {
    /// Valid as long as this value lives; never to be kept beyond.
    package let pointer: Pointer
    private let free: (Pointer) -> Void

    /// Takes what a C function made. `made` nil: throws what OpenSSL's error queue says, while `doing`.
    package init(_ made: Pointer?, freedBy free: @escaping (Pointer) -> Void, doing: String) throws(OpenSSLError) {
        guard let made else { throw OpenSSLError.drained(doing: doing) }
        self.pointer = made
        self.free = free
    }

    deinit { free(pointer) }
}
