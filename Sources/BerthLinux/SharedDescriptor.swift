/// A file descriptor with several owners: it closes with the last of them.
public final class SharedDescriptor: Sendable {
    private let owned: OwnedDescriptor

    public init(_ owned: consuming OwnedDescriptor) { self.owned = owned }

    /// Valid as long as this object lives.
    public var number: Int32 { owned.number }
}
