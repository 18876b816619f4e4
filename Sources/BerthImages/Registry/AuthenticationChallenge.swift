/// One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1): how the registry wants a request authenticated.
struct AuthenticationChallenge: Equatable, Sendable {
    /// In lower case: `bearer`, `basic`.
    var scheme: String
    /// Names in lower case.
    var parameters: [String: String]

    /// All challenges of the header's values; what breaks the grammar ends the list.
    static func parse(_ values: [String]) -> [AuthenticationChallenge] { values.flatMap(parse) }

    static func parse(_ value: String) -> [AuthenticationChallenge] {
        var scanner = Scanner(rest: Substring(value))
        var challenges: [AuthenticationChallenge] = []
        while let word = scanner.token() {
            if scanner.take("="), var last = challenges.popLast() {
                guard let value = scanner.value() else { return challenges }
                last.parameters[word.lowercased()] = value
                challenges.append(last)
            } else {
                challenges.append(AuthenticationChallenge(scheme: word.lowercased(), parameters: [:]))
            }
            scanner.skipSeparators()
        }
        return challenges
    }

    private struct Scanner {
        var rest: Substring

        mutating func skipSeparators() { rest = rest.drop { $0 == " " || $0 == "," || $0 == "\t" } }

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        mutating func token() -> String? {
            let word = rest.prefix { !" ,\t=\"".contains($0) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : String(word)
        }

        /// A token or a quoted string.
        mutating func value() -> String? {
            guard take("\"") else { return token() }
            var text = ""
            while let character = rest.popFirst() {
                switch character {
                case "\"": return text
                case "\\":
                    guard let escaped = rest.popFirst() else { return nil }
                    text.append(escaped)
                default: text.append(character)
                }
            }
            return nil
        }
    }
}
