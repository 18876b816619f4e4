import BerthOCI

/// Configurations to test with.
enum RuntimeDocuments {
    /// What `spec` writes.
    static let standard = DefaultConfiguration.document(rootless: nil)

    /// The standard document with one field changed, by its path of names and list places (`mounts.1.options`).
    static func with(_ path: String, _ value: JSONValue?) -> JSONValue {
        replacing(standard, path.split(separator: ".").map(String.init)[...], value)
    }

    private static func replacing(
        _ document: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue?
    ) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        if case .array(var elements) = document, let index = Int(name) {
            let old = index < elements.count ? elements[index] : .null
            let new = replacing(old, path.dropFirst(), value)
            if index < elements.count { elements[index] = new } else { elements.append(new) }
            return .array(elements)
        }
        var members: [JSONValue.Member] = []
        if case .object(let present) = document { members = present }
        let new = replacing(document[name] ?? .object([]), path.dropFirst(), value)
        members.removeAll { $0.name == name }
        if path.count > 1 || value != nil { members.append(.init(name, new)) }
        return .object(members)
    }

    /// The error that a document is refused with, as its reader sees it; nil when it is not.
    static func refusal(_ document: JSONValue) -> String? {
        do throws(SpecError) {
            _ = try RuntimeConfiguration(document)
            return nil
        } catch {
            return error.description
        }
    }
}
