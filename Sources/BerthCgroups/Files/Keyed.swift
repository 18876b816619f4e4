/// The formats in which cgroup files show numbers.
enum Keyed {
    /// The value behind a key in lines of `key value`, as in `cpu.stat`; nil when this kernel has no such key.
    static func value(_ key: String, in content: String) -> UInt64? {
        for line in content.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return UInt64(words[1]) }
        }
        return nil
    }

    /// A file that holds one number.
    static func number(_ content: String) -> UInt64? {
        content.split(whereSeparator: \.isWhitespace).first.flatMap { UInt64($0) }
    }

    /// The sum over all devices of a key in lines of `8:0 key=value …`, as in `io.stat`.
    ///
    /// A file without lines is a task without I/O.
    static func deviceSum(_ key: String, in content: String) -> UInt64 {
        let prefix = key + "="
        return content.split(whereSeparator: \.isWhitespace).lazy
            .filter { $0.hasPrefix(prefix) }
            .reduce(0) { $0 + (UInt64($1.dropFirst(prefix.count)) ?? 0) }
    }

    /// The sum over all devices in lines of `8:0 Key value`, as in the `blkio.*` files.
    static func blkioSum(_ key: String, in content: String) -> UInt64 {
        content.split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ")
            return words.count == 3 && words[1] == key ? sum + (UInt64(words[2]) ?? 0) : sum
        }
    }
}
