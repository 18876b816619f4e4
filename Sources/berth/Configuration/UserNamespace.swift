import BerthLaunch

/// How the ids of tasks are mapped to those of the host, in podman's words for `--userns`.
enum UserNamespace: Equatable, Sendable {
    /// Each task has a range of the host's ids that nobody else has.
    case auto
    /// As `auto`, but one user and group of every task are the host's of the same ids.
    case keepID(KeptIDs)

    /// Reads `auto` or `keep-id:uid=UID,gid=GID`. Podman's plain `keep-id` means whoever starts the container, and here
    /// tasks are started by nobody of this host; its `host` would make a task's root the host's.
    init?(parsing text: String) {
        if text == "auto" {
            self = .auto
            return
        }
        let prefix = "keep-id:"
        guard text.hasPrefix(prefix) else { return nil }
        let parts = text.dropFirst(prefix.count).split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let uid = Self.number(parts[0], "uid="), let gid = Self.number(parts[1], "gid="),
            let kept = KeptIDs(uid: uid, gid: gid)
        else { return nil }
        self = .keepID(kept)
    }

    var keptIDs: KeptIDs? {
        switch self {
        case .auto: nil
        case .keepID(let ids): ids
        }
    }

    private static func number(_ part: Substring, _ name: String) -> UInt32? {
        guard part.hasPrefix(name) else { return nil }
        let digits = part.dropFirst(name.count)
        return digits.allSatisfy { $0.isASCII && $0.isNumber } ? UInt32(digits) : nil
    }
}
