import Foundation

/// The `nextToken` of a list: says where the next page begins, in a form that callers cannot take for an API.
///
/// It holds the last name (or other sort key) that was given out, so that a page is stable while rows come and go, and
/// what was listed, so that a token of one list is refused by another.
public struct PageToken: Codable, Equatable, Sendable {
    /// The list that the token belongs to, for example `ListTasks`.
    public var list: String
    /// The sort key of the last item given out.
    public var after: String

    public init(list: String, after: String) {
        self.list = list
        self.after = after
    }

    /// URL-safe base64.
    public var text: String {
        let parts = Data((list + "\n" + after).utf8).base64EncodedString()
        return parts.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The sort key to go on behind; nil for the first page.
    ///
    /// - Throws: `InvalidParameterException` for a token that this list did not give.
    public static func after(_ text: String?, of list: String) throws(ServiceError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64 + padding), let plain = String(data: data, encoding: .utf8),
            let end = plain.firstIndex(of: "\n"), plain[..<end] == list
        else { throw .invalidParameter("Invalid token.") }
        return String(plain[plain.index(after: end)...])
    }

    /// `maxResults` of a call: `limit` when absent.
    ///
    /// - Throws: `InvalidParameterException` outside 1 to `limit`.
    public static func pageSize(_ maxResults: Int?, limit: Int = 100) throws(ServiceError) -> Int {
        guard let maxResults else { return limit }
        guard (1...limit).contains(maxResults) else {
            throw .invalidParameter("maxResults must be between 1 and \(limit), not \(maxResults).")
        }
        return maxResults
    }
}
