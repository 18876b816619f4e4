import BerthConfinement
import BerthLinux
import Glibc

/// Compiled filters by policy. libseccomp takes 10 to 20 ms for Docker's policy, longer than all else that a start takes.
///
/// A file holds the policy beside its filter: two that share a name by accident are told apart by their text.
struct FilterCache {
    var directory: String

    /// - Parameter text: the policy as its configuration has it, which is read faster than the policy is written.
    func program(_ policy: CustomSeccompPolicy, writtenAs text: [UInt8]) throws(Failure) -> SeccompProgram {
        let kernel = KernelRelease.current
        let key = "\(kernel.major).\(kernel.minor) ".utf8 + text + [0]
        let path = "\(directory)/\(String(Self.hash(key), radix: 16))"
        if let known = read(path, key) { return known }
        let program = try step { () throws(SeccompError) in try policy.compile() }
        store(key + program.instructions, at: path)
        return program
    }

    private func read(_ path: String, _ key: [UInt8]) -> SeccompProgram? {
        guard let content = try? SmallFile.readBytes(path), content.count > key.count,
            memcmp(content, key, key.count) == 0
        else { return nil }
        let instructions = Array(content[key.count...])
        return instructions.count % 8 == 0 ? SeccompProgram(instructions: instructions) : nil
    }

    /// Whole or not at all; what cannot be kept is compiled again.
    private func store(_ content: [UInt8], at path: String) {
        for part in [String(directory.prefix(upTo: directory.lastIndex(of: "/") ?? directory.endIndex)), directory] {
            _ = mkdir(part, 0o700)
        }
        let temporary = "\(path).\(getpid())"
        guard
            let file = try? OwnedDescriptor.open(
                temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        else { return }
        let written = (try? file.writeAll(content, subject: temporary)) != nil
        if !written || rename(temporary, path) != 0 { unlink(temporary) }
    }

    /// FNV-1a, 64 bits.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
