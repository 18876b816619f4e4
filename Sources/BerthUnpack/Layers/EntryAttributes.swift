import Glibc

/// Owner, permissions and time of an entry, checked.
struct EntryAttributes {
    let user: uid_t
    let group: gid_t
    let mode: mode_t
    let modified: timespec

    init(_ entry: TarEntry, of path: EntryPath) throws(ImageError) {
        // 4294967295 is "leave as it is" to chown(2), so the last id is one below.
        guard let user = uid_t(exactly: entry.user), let group = gid_t(exactly: entry.group), user != .max,
            group != .max
        else {
            throw ImageError(
                .malformed, "entry \(path.text) belongs to \(entry.user):\(entry.group); ids go from 0 to 4294967294")
        }
        self.user = user
        self.group = group
        mode = entry.mode
        let time = entry.modified
        modified = (0..<1_000_000_000).contains(time.tv_nsec) ? time : timespec(tv_sec: time.tv_sec, tv_nsec: 0)
    }

    init(user: uid_t, group: gid_t, mode: mode_t, modified: timespec) {
        self.user = user
        self.group = group
        self.mode = mode
        self.modified = modified
    }

    /// What the kernel gives a file that root makes needs no change.
    var isRoots: Bool { user == 0 && group == 0 }
}
