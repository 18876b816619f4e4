/// What tasks may do in their roles: a role's ARN → the operations that it allows. What is not listed is denied.
public struct RolePermissions: Equatable, Sendable {
    private var patterns: [String: [Pattern]]

    /// No role may do anything but ask who it is.
    public static let none = RolePermissions(patterns: [:])

    /// - Parameter roles: by ARN, operations as `ecs:RunTask` with `*` and `?` in any place of the name.
    /// - Throws: ``Fault`` for the first entry that can never count.
    public init(_ roles: [String: [String]]) throws(Fault) {
        var patterns: [String: [Pattern]] = [:]
        for (role, operations) in roles.sorted(by: { $0.key < $1.key }) {
            guard role.hasPrefix("arn:aws:iam::"), role.contains(":role/") else {
                throw Fault(
                    role: role, cause: "it is no role's ARN",
                    remedy: "Write arn:aws:iam::<account>:role/<name>, exactly as in taskRoleArn.")
            }
            for operation in operations {
                guard let pattern = Pattern(operation) else {
                    throw Fault(
                        role: role,
                        cause: "'\(operation)' is no operation of \(Pattern.services.joined(separator: ", "))",
                        remedy: "Write <service>:<operation>, for example ecs:RunTask, logs:* or *.")
                }
                patterns[role, default: []].append(pattern)
            }
        }
        self.patterns = patterns
    }

    private init(patterns: [String: [Pattern]]) { self.patterns = patterns }

    /// An entry that cannot be understood.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// The ARN as the configuration has it.
        public var role: String
        public var cause: String
        public var remedy: String

        public var description: String { "role '\(role)': \(cause). \(remedy)" }
    }

    /// Whether a principal may do something, for example `ecs:RunTask`. Whoever acts in no role may do all.
    func allow(_ action: String, to principal: Principal) -> Bool {
        guard let role = principal.role else { return true }
        if action == Self.always { return true }
        return patterns[role.arn]?.contains { $0.matches(action) } ?? false
    }

    /// STS answers it to everybody who can sign (STS API reference, GetCallerIdentity).
    private static let always = "sts:GetCallerIdentity"

    /// Whether a principal may have a task act in a role, by running one or by a program in one: or else whoever may run
    /// tasks may do what any role may (IAM user guide, "Grant a user permissions to pass a role to an AWS service"). Its own
    /// role is no further one.
    ///
    /// - Throws: ``RequestFault/accessDenied(_:)``, as AWS words it.
    func checkPass(of role: String, by principal: Principal) throws(RequestFault) {
        if principal.role?.arn == role { return }
        try check("iam:PassRole", by: principal, on: role)
    }

    /// - Throws: ``RequestFault/accessDenied(_:)``, as AWS words it.
    func check(_ action: String, by principal: Principal, on resource: String = "*") throws(RequestFault) {
        guard !allow(action, to: principal) else { return }
        throw .accessDenied(
            "User: \(principal.arn) is not authorized to perform: \(action) on resource: \(resource) "
                + "because no identity-based policy allows the \(action) action")
    }
}

extension RolePermissions {
    /// An operation with wildcards, as in an IAM policy: case does not count.
    struct Pattern: Equatable, Sendable {
        static let services = ["ecs", "logs", "ecr", "sts", "iam", "berth"]
        private let text: [UInt8]

        init?(_ operation: String) {
            let lower = operation.lowercased()
            let parts = lower.split(separator: ":", omittingEmptySubsequences: false)
            let isKnown = parts.count == 2 && Self.services.contains(String(parts[0])) && !parts[1].isEmpty
            guard lower == "*" || isKnown else { return nil }
            text = Array(lower.utf8)
        }

        func matches(_ action: String) -> Bool {
            let action = Array(action.lowercased().utf8)
            // The last star and what it stood for: going back to it is all the going back there is.
            var (place, at) = (0, 0)
            var star: (place: Int, at: Int)?
            while at < action.count {
                if place < text.count, text[place] == UInt8(ascii: "*") {
                    star = (place, at)
                    place += 1
                } else if place < text.count, text[place] == UInt8(ascii: "?") || text[place] == action[at] {
                    place += 1
                    at += 1
                } else if let last = star {
                    star = (last.place, last.at + 1)
                    (place, at) = (last.place + 1, last.at + 1)
                } else {
                    return false
                }
            }
            return text[place...].allSatisfy { $0 == UInt8(ascii: "*") }
        }
    }
}
