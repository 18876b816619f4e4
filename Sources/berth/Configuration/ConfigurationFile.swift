import Foundation
import Yams

/// Reads a configuration file strictly: a key that nobody knows may be a limit that somebody relied on.
struct ConfigurationFile {
    /// What the file sets over the defaults.
    private(set) var configuration = Configuration()
    /// The keys that it names.
    private(set) var keys: Set<String> = []

    private let path: String

    /// - Throws: ``CommandFailure`` with file, line and what to write instead.
    init(path: String) throws {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw CommandFailure("cannot read the configuration \(path): \(error.localizedDescription)")
        }
        try self.init(text: text, path: path)
    }

    /// As ``init(path:)``, from text; `path` is for messages.
    init(text: String, path: String) throws {
        self.path = path
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch let error as YamlError {
            throw CommandFailure(Self.describe(error, path: path))
        }
        guard let root else { return }
        if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
        try read(root, section: "")
    }

    /// Reads a mapping; `section` is empty or ends with a point.
    private mutating func read(_ node: Node, section: String) throws {
        guard let mapping = node.mapping else {
            throw failure(
                at: node, "expected \"key: value\" lines\(section.isEmpty ? "" : " below \(section.dropLast())")")
        }
        for (key, value) in mapping {
            let name = section + (key.string ?? "")
            if let known = ConfigurationKey.all.first(where: { $0.name == name }) {
                guard let text = value.scalar?.string, known.set(text, &configuration) else {
                    let given = value.scalar.map { "\"\($0.string)\"" } ?? "a list or section"
                    throw failure(at: value, "\(name) is \(given), but must be \(known.expects)")
                }
                keys.insert(name)
            } else if ConfigurationKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
                try read(value, section: name + ".")
            } else {
                throw failure(
                    at: key, "unknown key \"\(name)\"; known here: \(Self.names(in: section).joined(separator: ", "))")
            }
        }
    }

    /// The keys and sections directly below a section, in their order.
    private static func names(in section: String) -> [String] {
        var names: [String] = []
        for key in ConfigurationKey.all where key.name.hasPrefix(section) {
            let name = String(key.name.dropFirst(section.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// What is no YAML at all, in one line with the file's.
    private static func describe(_ error: YamlError, path: String) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(path):\(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            "\(path):\(context.mark.line): \(keys.joined(separator: ", ")) stands here twice; remove one"
        default: "\(path): \(error)"
        }
    }

    private func failure(at node: Node, _ message: String) -> CommandFailure {
        CommandFailure("\(path):\(node.mark?.line ?? 1): \(message)")
    }
}
