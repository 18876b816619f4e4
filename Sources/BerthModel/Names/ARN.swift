/// `arn:aws:<service>:<region>:<account>:<resource>`, taken apart.
struct ARN: Equatable {
    var service: String
    var region: String
    var account: String
    /// All that follows the fifth colon; it may contain colons and slashes.
    var resource: String

    /// Nil when the text is not of that form.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), !parts[5].isEmpty else { return nil }
        (service, region, account, resource) = (parts[2], parts[3], parts[4], parts[5])
    }

    /// The parts of an ECS resource behind its type, for example `["default", "0123…"]` of `task/default/0123…`; nil
    /// when it is of another type or service.
    func ecsPath(type: String) -> [String]? {
        let parts = resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return service == "ecs" && parts.first == type && parts.count > 1 ? Array(parts.dropFirst()) : nil
    }

    /// Whether it names something of this daemon's account and region.
    func belongs(to account: Account) -> Bool { self.account == account.id && region == account.region }
}
