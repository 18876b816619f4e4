/// One page of a list; `nextToken` is nil on the last page.
public struct Page<Element: Sendable>: Sendable {
    public var items: [Element]
    /// A ``PageToken``'s text; callers hand it back as it is.
    public var nextToken: String?
    public init(items: [Element], nextToken: String?) {
        self.items = items
        self.nextToken = nextToken
    }
}
