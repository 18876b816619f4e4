/// The rules for tags (Amazon ECS API reference, `Tag`).
public enum TagRules {
    static let limit = 50

    /// - Throws: `InvalidParameterException` that names every tag that breaks a rule.
    public static func check(_ tags: [Tag]?) throws(ServiceError) {
        var faults = Faults()
        check(tags, &faults)
        try faults.check()
    }

    static func check(_ tags: [Tag]?, _ faults: inout Faults) {
        guard let tags else { return }
        if tags.count > limit { faults.parameter("Too many tags: \(tags.count). A resource has at most \(limit).") }
        var seen: Set<String> = []
        for tag in tags {
            let key = tag.key ?? ""
            if !(1...128).contains(key.unicodeScalars.count) {
                faults.parameter("Invalid tag key '\(key)': it must have 1 to 128 characters.")
            }
            if !isAllowed(key) || !isAllowed(tag.value ?? "") {
                faults.parameter("Invalid tag '\(key)': use letters, digits, spaces and _ . : / = + - @ only.")
            }
            if (tag.value ?? "").unicodeScalars.count > 256 {
                faults.parameter("Invalid tag '\(key)': the value must have at most 256 characters.")
            }
            if key.lowercased().hasPrefix("aws:") {
                faults.parameter("Invalid tag key '\(key)': the prefix aws: is reserved.")
            }
            if !seen.insert(key).inserted { faults.parameter("Duplicate tag key '\(key)'.") }
        }
    }

    private static func isAllowed(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || " _.:/=+-@".unicodeScalars.contains(scalar)
        }
    }
}
