import BerthAPI
import Yams

/// Reads the file of what tasks may do in their roles: a mapping of role ARNs to lists of operations, in YAML or JSON.
///
/// ```yaml
/// arn:aws:iam::000000000000:role/scheduler:
///   - ecs:RunTask
///   - ecs:Describe*
///   - logs:*
/// ```
struct RolesFile {
    private let path: String

    /// - Throws: ``CommandFailure`` with file, line, role and what to write instead.
    static func read(_ path: String) throws -> RolePermissions {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw CommandFailure("cannot read network.roles \(path): \(error.localizedDescription)")
        }
        return try read(text: text, path: path)
    }

    /// As ``read(_:)``, from text; `path` is for messages.
    static func read(text: String, path: String) throws -> RolePermissions {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw CommandFailure("\(path): \(error)".split(separator: "\n").joined(separator: " "))
        }
        guard let root else { return .none }
        if case .scalar(let scalar) = root, scalar.string.isEmpty { return .none }
        return try RolesFile(path: path).permissions(root)
    }

    private func permissions(_ root: Node) throws -> RolePermissions {
        guard let mapping = root.mapping else {
            throw failure(root, "expected roles by their ARNs, each with a list of operations below")
        }
        var roles: [String: [String]] = [:]
        for (key, value) in mapping {
            let role = key.string ?? ""
            guard let items = value.sequence else {
                throw failure(key, "role '\(role)': expected a list of operations, or [] for none")
            }
            let operations = try items.map { item in
                guard let operation = item.scalar?.string else {
                    throw failure(item, "role '\(role)': an operation is a word such as ecs:RunTask")
                }
                return operation
            }
            do throws(RolePermissions.Fault) { _ = try RolePermissions([role: operations]) } catch {
                throw failure(key, error.description)
            }
            roles[role] = operations
        }
        return try RolePermissions(roles)
    }

    private func failure(_ node: Node, _ message: String) -> CommandFailure {
        CommandFailure("\(path):\(node.mark?.line ?? 1): \(message)")
    }
}
