/// One page of a list; `nextToken` is nil on the last page.
public struct Page<Element: Sendable>: Sendable {
    public var items: [Element]
    public var nextToken: String?
    public init(items: [Element], nextToken: String?) {
        self.items = items
        self.nextToken = nextToken
    }
}
