extension DefinitionCheck {
    /// `user`, `uid`, `user:group`, `uid:gid` and their mixtures; whether the image knows the names is found out at the
    /// start.
    mutating func checkUser(_ container: ContainerDefinition) {
        guard let user = container.user, !user.isEmpty else { return }
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        let isWord = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        let numbers = parts.filter { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        if parts.count > 2 || !isWord {
            faults.client(
                "Invalid 'user' setting for container '\(container.label)': '\(user)'. "
                    + "Write user, uid, or either with a group behind a colon.")
        } else if let number = numbers.first(where: { UInt32($0).map { $0 == .max } ?? true }) {
            // The kernel's ids have 32 bits, and the last stands for none: a longer number would become another's.
            faults.client(
                "Invalid 'user' setting for container '\(container.label)': \(number) is larger than 4294967294.")
        }
    }
}

extension ContainerDefinition {
    /// Numeric user and group ids that a task does not have.
    var idsBeyondTask: [Int] {
        (user ?? "").split(separator: ":").compactMap { String($0).asDigits }.filter { $0 >= TaskIDs.count }
    }
}
