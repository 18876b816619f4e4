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

    public init() {}
}
