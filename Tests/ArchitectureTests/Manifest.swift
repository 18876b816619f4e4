import Foundation

/// The targets of a `Package.swift`, read as text: running SwiftPM inside its own test run would wait for its own lock.
struct Manifest {
    struct Target: Equatable {
        var name: String
        var isTest: Bool
        /// Targets of the package itself; products of others are left out.
        var dependencies: [String]
    }

    var targets: [Target] = []

    init(text: String) {
        let kinds = #/\.(target|executableTarget|testTarget|systemLibrary)\(\s*name:\s*"([^"]+)"/#
        for match in text.matches(of: kinds) {
            let rest = text[match.range.upperBound...]
            let body = rest.prefix(upToClosing: ")", opening: "(")
            var dependencies: [String] = []
            if let list = body.firstMatch(of: #/dependencies:\s*\[/#) {
                let items = body[list.range.upperBound...].prefix(upToClosing: "]", opening: "[")
                let own = String(items).replacing(#/\.product\([^)]*\)/#, with: "")
                dependencies = own.matches(of: #/"([^"]+)"/#).map { String($0.1) }
            }
            targets.append(Target(name: String(match.2), isTest: match.1 == "testTarget", dependencies: dependencies))
        }
    }
}

extension Substring {
    /// Everything before the bracket that closes the one this text begins inside of.
    fileprivate func prefix(upToClosing closing: Character, opening: Character) -> Substring {
        var depth = 1
        for index in indices {
            if self[index] == opening { depth += 1 }
            if self[index] == closing { depth -= 1 }
            if depth == 0 { return self[..<index] }
        }
        return self
    }
}
