import BerthLinux
import BerthUnpack
import Glibc

/// A saved image: a tar archive whose files are read in place, by where they lie in it.
struct ArchiveFile: ImageSource {
    /// Far more than any image has layers and documents.
    private static let maximumEntries = 100_000

    let path: String
    private let files: [String: Region]

    /// Reads the headers; a compressed archive is first inflated into `workspace`.
    init(_ whole: Region, workspace: Workspace, limits: LayerLimits) throws(ImageError) {
        path = whole.name
        let plain = try Self.inflated(whole, workspace: workspace, limits: limits)
        let reader = try TarReader(
            RegionStream(plain, cancellation: Cancellation(), bufferSize: 64 << 10), subject: plain.name)
        var files: [String: Region] = [:]
        var links: [String: String] = [:]
        var count = 0
        while let entry = try reader.next() {
            count += 1
            guard count <= Self.maximumEntries else {
                throw ImageError(
                    .limitExceeded, "\(path) has more than \(Self.maximumEntries) entries; it is no saved image")
            }
            guard let text = entry.path, let name = Self.clean(String(cString: text), from: "") else { continue }
            switch entry.kind {
            case .file where !entry.isSparse:
                let region = Region(
                    file: plain.file, offset: reader.dataOffset, length: entry.size, name: "\(name) in \(path)")
                guard region.length >= 0, region.offset + region.length <= plain.length else {
                    throw ImageError(
                        .malformed, "\(path) is cut short in \(Printable.text(name)); save the image again")
                }
                files[name] = region
            // docker save writes a layer that two images share once, and links to it.
            case .symbolicLink: links[name] = entry.linkTarget.flatMap { Self.clean(String(cString: $0), from: name) }
            case .hardLink: links[name] = entry.hardLinkTarget.flatMap { Self.clean(String(cString: $0), from: "") }
            default: break
            }
        }
        for (link, target) in links where files[link] == nil { files[link] = files[target] }
        self.files = files
    }

    func file(_ name: String) -> Region? { Self.clean(name, from: "").flatMap { files[$0] } }

    /// `./a//b` as `a/b`; a link's target as seen from where the link lies. Nil if it leaves the archive.
    static func clean(_ text: String, from link: String) -> String? {
        var parts = text.hasPrefix("/") ? [] : link.split(separator: "/").dropLast().map(String.init)
        for part in text.split(separator: "/") where part != "." {
            if part == ".." {
                if parts.popLast() == nil { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    private static func inflated(_ whole: Region, workspace: Workspace, limits: LayerLimits) throws(ImageError)
        -> Region
    {
        let stream = RegionStream(whole, cancellation: Cancellation())
        if Compression(firstBytes: try stream.next()) == .none { return whole }
        let plain = try Compression.inflate(
            RegionStream(whole, cancellation: Cancellation()), subject: whole.name, limits: limits)
        let file = try workspace.file("archive")
        var length: Int64 = 0
        while true {
            let piece = try plain.next()
            if piece.isEmpty { break }
            guard length + Int64(piece.count) <= limits.maximumBytes else {
                throw ImageError(.limitExceeded, "\(whole.name) inflates to more than \(limits.maximumBytes) bytes")
            }
            try storing { () throws(LinuxError) in try file.writeAll(piece, subject: "the inflated \(whole.name)") }
            length += Int64(piece.count)
        }
        return Region(file: SharedDescriptor(file), offset: 0, length: length, name: whole.name)
    }
}
