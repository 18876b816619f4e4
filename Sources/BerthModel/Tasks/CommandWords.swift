/// Cuts a command line into words as a POSIX shell does with a simple command (XCU 2.2 "Quoting"), and does nothing else:
/// no variables, no patterns, no pipes. Who wants those runs `sh -c '…'`.
public enum CommandWords {
    /// - Throws: `InvalidParameterException` for a quote that does not end, a backslash at the end, or no word at all.
    public static func split(_ line: String) throws(ServiceError) -> [String] {
        var words: [String] = []
        var word: String?
        var characters = line.makeIterator()
        while let character = characters.next() {
            switch character {
            case " ", "\t", "\n", "\r\n":
                if let ended = word { words.append(ended) }
                word = nil
            case "'":
                word = (word ?? "") + (try singleQuoted(&characters))
            case "\"":
                word = (word ?? "") + (try doubleQuoted(&characters))
            case "\\":
                guard let next = characters.next() else { throw .invalidParameter("command ends with a backslash.") }
                // A backslash before a line's end joins two lines.
                if next != "\n" { word = (word ?? "") + String(next) }
            default:
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        guard !words.isEmpty else { throw .invalidParameter("command cannot be empty.") }
        return words
    }

    private static func singleQuoted(_ characters: inout String.Iterator) throws(ServiceError) -> String {
        var text = ""
        while let character = characters.next() {
            if character == "'" { return text }
            text.append(character)
        }
        throw .invalidParameter("command has a single quote that does not end.")
    }

    private static func doubleQuoted(_ characters: inout String.Iterator) throws(ServiceError) -> String {
        var text = ""
        while let character = characters.next() {
            switch character {
            case "\"": return text
            case "\\":
                guard let next = characters.next() else { break }
                if !"$`\"\\\n".contains(next) { text.append("\\") }
                if next != "\n" { text.append(next) }
            default: text.append(character)
            }
        }
        throw .invalidParameter("command has a double quote that does not end.")
    }
}
