import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import SystemPackage

/// The unpacked layers of a store: one directory a DiffID, whatever lies under it in an image.
final class LayerStore: Sendable {
    /// A layer that is there.
    struct Layer: Sendable {
        var path: String
        /// Bytes of its files.
        var size: Int64
        /// Hides all layers below it: an opaque root, which the kernel does not look at in a lower directory.
        var hidesAll: Bool
    }

    let path: String
    let directory: SharedDescriptor
    let staging: SharedDescriptor
    let limits: LayerLimits
    let unpacker: Unpacker
    let inWork = KeyedLock()

    /// Where a layer's size is kept, on its own directory, so that it comes and goes with it.
    static let sizeAttribute = "trusted.berth.size"

    init(
        path: String, directory: SharedDescriptor, staging: SharedDescriptor, limits: LayerLimits, unpacker: Unpacker
    ) {
        self.path = path
        self.directory = directory
        self.staging = staging
        self.limits = limits
        self.unpacker = unpacker
    }

    /// The layer of a DiffID; nil if it is not unpacked.
    func layer(_ diffID: Digest) throws(ImageError) -> Layer? {
        let root: SharedDescriptor
        do throws(LinuxError) {
            root = SharedDescriptor(
                try OwnedDescriptor.open(
                    diffID.hex, at: directory.descriptor, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw ImageError(error)
        }
        do throws(Errno) {
            guard let text = try ExtendedAttribute.get(Self.sizeAttribute, of: root.descriptor.number, limit: 32),
                let size = Int64(String(decoding: text, as: UTF8.self))
            else { return nil }
            return Layer(
                path: "\(path)/\(diffID.hex)", size: size,
                hidesAll: try ExtendedAttributes.isOpaque(root.descriptor.number))
        } catch {
            throw ImageError(.storage, "cannot read the layer \(path)/\(diffID.hex): \(error)")
        }
    }

    /// Writes all layers to disk. To be called before an image that needs them is listed.
    func sync() throws(ImageError) {
        try storing { () throws(LinuxError) in try directory.descriptor.syncFileSystem(path) }
    }

    /// Removes layers that no image of `listed` has. Only such layers may not have reached the disk before the machine
    /// stopped, so what is left can be trusted. For a store that nobody works on yet.
    func removeAll(but listed: Set<Digest>) throws(ImageError) {
        try storing { () throws(LinuxError) in
            for bytes in try directory.descriptor.entryNames(path) {
                let name = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
                if let diffID = Digest(hex: name), listed.contains(diffID) { continue }
                try directory.descriptor.removeTree(name)
            }
        }
    }
}
