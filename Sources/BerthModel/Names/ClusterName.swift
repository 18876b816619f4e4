/// A cluster as callers name it: by name, by ARN, or not at all.
public enum ClusterName {
    /// The cluster that a call means when it names none.
    public static let `default` = "default"

    /// The name, from a name or an ARN; ``default`` for nil.
    ///
    /// - Throws: `ClusterNotFoundException` for the ARN of another account or region, or of something else;
    ///   `InvalidParameterException` for a text that can be no cluster's name.
    public static func parse(_ text: String?, account: Account) throws(ServiceError) -> String {
        guard let text, !text.isEmpty else { return `default` }
        guard text.hasPrefix("arn:") else { return try validated(text) }
        guard let arn = ARN(text), arn.belongs(to: account), let path = arn.ecsPath(type: "cluster"), path.count == 1,
            path[0].isName()
        else { throw .clusterNotFound }
        return path[0]
    }

    /// A name for a new cluster, as it is.
    public static func validated(_ name: String) throws(ServiceError) -> String {
        guard name.isName() else {
            throw .invalidParameter(
                "Invalid cluster name '\(name)': use 1 to 255 letters, digits, hyphens and underscores.")
        }
        return name
    }
}
