/// A file descriptor with several owners: it closes with the last of them.
public final class SharedDescriptor: Sendable {
    /// For calls that borrow a descriptor.
    public let descriptor: OwnedDescriptor

    /// Takes a descriptor that nobody else closes.
    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Valid as long as this object lives.
    public var number: Int32 { descriptor.number }
}
