import Crypto
import Foundation

/// The list of a container's files with their digests, which one timestamp token covers: ETSI EN 319 162-1 §4.4 and A.4
/// (ASiC-E with a time assertion). It is written in one way only, so that a reader compares bytes and needs no XML.
enum ASiCManifest {
    static func xml(of entries: [ArchiveEntry]) -> [UInt8] {
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
            <asic:SigReference URI="\(ProofLayout.seal)" MimeType="application/vnd.etsi.timestamp-token"/>

            """
        for entry in entries where isCovered(entry.name) {
            let digest = Data(SHA256.hash(data: entry.bytes)).base64EncodedString()
            text += """
                <asic:DataObjectReference URI="\(entry.name)" MimeType="\(mediaType(of: entry.name))">\
                <ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>\
                <ds:DigestValue>\(digest)</ds:DigestValue></asic:DataObjectReference>

                """
        }
        return Array((text + "</asic:ASiCManifest>\n").utf8)
    }

    /// All but the container's own files.
    static func isCovered(_ name: String) -> Bool { name != ProofLayout.mimetype && !name.hasPrefix("META-INF/") }

    private static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "json": "application/json"
        case "tsr": "application/timestamp-reply"
        case "ots": "application/vnd.opentimestamps.v1"
        case "pem": "application/x-pem-file"
        case "html": "text/html"
        default: "text/plain"
        }
    }
}
