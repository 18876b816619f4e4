import BerthOCI
import BerthUnpack
import Foundation

import struct Crypto.SHA256

/// Reads the JSON documents of images, which are small, strangers' and not to be trusted.
enum Documents {
    /// Bytes a manifest, index or configuration may have: what registries allow for a manifest.
    static let maximumBytes = 4 << 20
    /// How deep lists and objects may be in each other; those of image-spec are six at most. A document
    /// of brackets alone would take many times its size to look at.
    private static let maximumDepth = 64

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], name: String) throws(ImageError)
        -> Value
    {
        if isNested(bytes, deeperThan: maximumDepth) {
            throw ImageError(.malformed, "\(name) is no valid image document: it is nested over \(maximumDepth) deep")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ImageError(.malformed, "\(name) is no valid image document: \(explain(error))")
        }
    }

    private static func isNested(_ bytes: [UInt8], deeperThan limit: Int) -> Bool {
        var (depth, isText, isEscaped) = (0, false, false)
        for byte in bytes {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    isText = byte != UInt8(ascii: "\"")
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > limit { return true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: continue
            }
        }
        return false
    }

    static func encode(_ value: some Encodable) throws(ImageError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw ImageError(.malformed, "a document cannot be written: \(error)")
        }
    }

    /// Decodes a manifest; refuses one that could be read as an index too (CVE-2021-41190), or as another manifest
    /// (``UnambiguousJSON``).
    static func manifest(_ bytes: [UInt8], name: String) throws(ImageError) -> Manifest {
        try refuseTwoFaced(bytes, name: name)
        let manifest = try decode(Manifest.self, from: bytes, name: name)
        if let type = manifest.mediaType, !type.isManifest {
            throw ImageError(.malformed, "\(name) should be a manifest but says it is \(Printable.text(type.rawValue))")
        }
        return manifest
    }

    /// Decodes an index; refuses one that could be read as a manifest too, or as another index.
    static func index(_ bytes: [UInt8], name: String) throws(ImageError) -> Index {
        try refuseTwoFaced(bytes, name: name)
        let index = try decode(Index.self, from: bytes, name: name)
        if let type = index.mediaType, !type.isIndex {
            throw ImageError(.malformed, "\(name) should be an index but says it is \(Printable.text(type.rawValue))")
        }
        return index
    }

    private struct Faces: Decodable {
        struct Anything: Decodable { init(from decoder: any Decoder) {} }
        var manifests: Anything?
        var layers: Anything?
        var config: Anything?
    }

    private static func refuseTwoFaced(_ bytes: [UInt8], name: String) throws(ImageError) {
        let faces = try decode(Faces.self, from: bytes, name: name)
        if let fault = UnambiguousJSON.fault(in: bytes) {
            throw ImageError(
                .malformed, "\(name) can be read in two ways: \(fault); other readers may see another image")
        }
        if faces.manifests != nil && (faces.layers != nil || faces.config != nil) {
            throw ImageError(.malformed, "\(name) is both a manifest and an index; which one is meant cannot be known")
        }
    }

    /// What a document says it is; nil if it does not say.
    static func mediaType(of bytes: [UInt8], name: String) throws(ImageError) -> MediaType? {
        struct Stated: Decodable { var mediaType: MediaType? }
        return try decode(Stated.self, from: bytes, name: name).mediaType
    }

    /// Whether it is an index by what it holds.
    static func hasManifests(_ bytes: [UInt8]) throws(ImageError) -> Bool {
        try decode(Faces.self, from: bytes, name: "the manifest").manifests != nil
    }

    static func digest(of bytes: [UInt8]) throws(ImageError) -> Digest {
        guard let digest = Digest(bytes: SHA256.hash(data: bytes)) else {
            throw ImageError(.malformed, "a document has no digest")
        }
        return digest
    }

    private static func explain(_ error: any Error) -> String {
        let context: DecodingError.Context
        switch error {
        case DecodingError.dataCorrupted(let found): context = found
        case DecodingError.keyNotFound(let key, let found):
            return "\"\(key.stringValue)\" is missing" + place(found.codingPath)
        case DecodingError.typeMismatch(_, let found), DecodingError.valueNotFound(_, let found): context = found
        default: return "\(error)"
        }
        return Printable.text(context.debugDescription) + place(context.codingPath)
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "" : " (at \(Printable.text(path.map(\.stringValue).joined(separator: "."))))"
    }
}
