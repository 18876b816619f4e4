/// The versions of the runtime specification that documents may name: 1.0 to 1.3.
public enum SpecificationVersion {
    public static let oldest = "1.0.0"
    public static let newest = "1.3.0"

    /// Checks an `ociVersion`: semantic versioning, of which the first two numbers decide (config.md, "Specification
    /// version"). What a minor version adds is optional, so any 1.x is read as far as its fields are known.
    static func check(_ field: Field) throws(SpecError) {
        let text = try field.requiredString()
        let release = text.prefix { $0 != "-" && $0 != "+" }
        let numbers = release.split(separator: ".", omittingEmptySubsequences: false).map { UInt32($0) }
        guard numbers.count == 3, numbers.allSatisfy({ $0 != nil }) else {
            throw field.error("must be a version of three numbers", "write for example \"\(newest)\"")
        }
        guard numbers[0] == 1 else {
            throw field.error("Berth reads versions \(oldest) to \(newest)", "write a document of one of these")
        }
    }
}
