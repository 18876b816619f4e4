/// A service of the AWS query protocol: a form in, XML out.
struct QueryService: Sendable {
    /// The service's name in a credential scope.
    var name: String
    /// The XML namespace of its replies.
    var namespace: String
    /// By `Action`; each gives the XML inside its result element.
    var operations: [String: @Sendable (_ form: QueryString, _ caller: Caller) async throws -> String]
}
