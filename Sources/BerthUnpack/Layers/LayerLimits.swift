/// What a layer may cost to unpack before it is refused as hostile.
///
/// The defaults leave room for the largest images in use (tens of gigabytes, a million files).
public struct LayerLimits: Equatable, Sendable {
    /// Files, directories and links of one layer.
    public var maximumEntries = 2_000_000
    /// Bytes of a layer's tar once inflated.
    public var maximumBytes: Int64 = 256 << 30
    /// Bytes of one file, holes of a sparse file counted.
    public var maximumFileBytes: Int64 = 1 << 40
    /// Directories above an entry.
    public var maximumDepth = 256
    /// Bytes of an entry's whole path; the kernel's PATH_MAX.
    public var maximumPathBytes = 4095
    /// Bytes of one name in a path; the kernel's NAME_MAX.
    public var maximumNameBytes = 255
    /// Bytes that come of each compressed one, beyond ``ratioFreeBytes``. Layers of programs and data have 2 to 10, text
    /// up to 100; gzip can do 1,000 and zstd 30,000.
    public var maximumRatio: Int64 = 200
    /// Bytes that a layer may inflate to whatever its ratio: a file of zeros is no bomb yet.
    public var ratioFreeBytes: Int64 = 1 << 30
    /// Bytes of all names and values of a layer's extended attributes that are kept.
    public var maximumAttributeBytes = 64 << 20

    public init() {}
}
