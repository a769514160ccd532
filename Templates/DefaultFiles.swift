package import Foundation

/// The templates and the commented configuration that ship with the program: what `appariteur init` writes and what
/// is used where the configuration names no folder of its own.
package enum DefaultFiles {
    /// The folder with `fr/`, `en/`, `init/` and `proof/`.
    package static var folder: URL { Bundle.module.resourceURL ?? Bundle.module.bundleURL }

    /// The page that checks a proof in a browser, offline.
    package static func verifierPage() throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent("proof/VERIFIER.html")))
    }
}
