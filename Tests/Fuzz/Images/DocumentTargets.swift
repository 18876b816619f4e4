import BerthLinux
import BerthOCI
import BerthUnpack

/// A source in which every file has the same bytes: an index may lead to itself as often as it likes.
private struct EchoSource: ImageSource {
    let path = "input"
    let region: Region

    func file(_ name: String) -> Region? { region }
}

/// A manifest, an index, and a whole layout of nothing else.
@Sendable func readManifest(_ input: UnsafeRawBufferPointer) {
    let bytes = Array(input)
    if let manifest = try? Documents.manifest(bytes, name: "input") {
        guard let text = try? Documents.encode(manifest), let again = try? Documents.manifest(text, name: "again"),
            again == manifest
        else { broken("a manifest that is not read as it was written") }
    }
    if let index = try? Documents.index(bytes, name: "input") {
        guard let text = try? Documents.encode(index), let again = try? Documents.index(text, name: "again"),
            again == index
        else { broken("an index that is not read as it was written") }
    }
    let file: SharedDescriptor
    do throws(LinuxError) {
        file = SharedDescriptor(try AnonymousFile.make(name: "input"))
        try file.descriptor.writeAll(input, subject: "input")
    } catch {
        broken("\(error)")
    }
    let region = Region(file: file, offset: 0, length: Int64(input.count), name: "input")
    var layout = LayoutImages(EchoSource(region: region), host: .host)
    _ = try? layout.images(index: region)
}

/// A configuration with the user it names, as a run of the image would read it; the same bytes as account files.
@Sendable func readConfiguration(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    for entry in PasswordEntry.parse(text) where entry.uid == .max || entry.gid == .max {
        broken("an account of no id")
    }
    for entry in GroupEntry.parse(text) where entry.gid == .max { broken("a group of no id") }
    if let user = try? UserSpecification(text), case .number(.max) = user.user { broken("a user of no id") }
    for layers in 0...2 {
        guard
            let configuration = try? ImageConfiguration.checked(
                Array(input), name: "input", layers: layers, host: .host)
        else { continue }
        if configuration.rootfs.diffIDs.count != layers { broken("\(layers) layers") }
        if let user = configuration.config?.user { _ = try? UserSpecification(user) }
    }
}
