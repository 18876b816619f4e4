import Glibc
import Testing

@testable import BerthLinux

@Suite("A program started with nothing of ours")
struct SpawnTests {
    /// What a shell prints on its descriptor 3, until nobody has a copy of that any more.
    private static func output(of script: String, among others: [Int32] = []) throws -> String {
        let pipe = try Pipe()
        let process = try Spawn.run(
            "/bin/sh", arguments: ["sh", "-c", script], descriptors: [pipe.write.number] + others)
        end(pipe.write)
        let text = try everything(from: pipe.read)
        #expect(try ChildEnd(of: process).code == 0)
        return text
    }

    private static func end(_ descriptor: consuming OwnedDescriptor) {}

    private static func everything(from descriptor: consuming OwnedDescriptor) throws -> String {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65536)
        while case let count = try check("read", "pipe", { read(descriptor.number, &bytes, bytes.count) }), count > 0 {
            all += bytes.prefix(count)
        }
        return String(decoding: all, as: UTF8.self)
    }

    private static func targets(_ numbers: [Int32]) throws -> [String] {
        try numbers.map { number in
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = try check("read", "link") { readlink("/proc/self/fd/\(number)", &bytes, bytes.count) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    @Test("has its descriptors and no other, however many we have")
    func descriptors() throws {
        // Below, between and above what it is given.
        let many = try (0..<600).map { _ in
            SharedDescriptor(try OwnedDescriptor.open("/", flags: O_RDONLY | O_DIRECTORY))
        }
        let given = SharedDescriptor(try OwnedDescriptor.open("/usr", flags: O_RDONLY | O_DIRECTORY))
        // Of what the shell has builtin: it opens nothing itself.
        let output = try Self.output(
            of: "for n in 0 1 2; do [ /proc/$$/fd/$n -ef /dev/null ] || echo $n >&3; done; exec >&3; n=0; "
                + "while [ $n -lt 1024 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done; "
                + "readlink /proc/$$/fd/4 /proc/$$/fd/5",
            among: [given.number, many[599].number])
        #expect(output == "0\n1\n2\n3\n4\n5\n/usr\n/\n")
        #expect(given.number > 0 && many.count == 600)
    }

    @Test("has a session of its own, no environment, and every signal blocked and at its default")
    func surroundings() throws {
        let handler = signal(SIGUSR1, SIG_IGN)
        defer { signal(SIGUSR1, handler) }
        var (before, after) = (sigset_t(), sigset_t())
        pthread_sigmask(SIG_SETMASK, nil, &before)
        let status = try Self.output(of: "exec awk '/^Sig(Blk|Ign|Cgt)|^NSsid/ { print $1, $2 }' /proc/self/status >&3")
        #expect(status.contains("SigIgn: 0000000000000000\n"))
        #expect(status.contains("SigCgt: 0000000000000000\n"))
        // All but SIGKILL, SIGSTOP, and the two that the C library keeps for itself.
        #expect(status.contains("SigBlk: fffffffe7ffbfeff\n"), "\(status)")
        let numbers = try Self.output(of: "cut -d' ' -f6 /proc/$$/stat >&3; echo $$ >&3").split(separator: "\n")
        #expect(numbers.count == 2 && numbers[0] == numbers[1], "it leads its session")
        #expect(try Self.output(of: "tr '\\0' '\\n' </proc/$$/environ >&3").isEmpty)
        pthread_sigmask(SIG_SETMASK, nil, &after)
        #expect(withUnsafeBytes(of: &before) { old in withUnsafeBytes(of: &after) { old.elementsEqual($0) } })
    }

    @Test("that cannot be executed is an error, and leaves neither process nor descriptor")
    func refused() throws {
        try Spawn.prepare(descriptors: 1)
        let pipe = try Pipe()
        let error = #expect(throws: LinuxError.self) {
            try Spawn.run("/nowhere/program", arguments: ["program"], descriptors: [pipe.write.number])
        }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.subject == "program")
        #expect(throws: LinuxError.self) { try Spawn.run("/bin/true", arguments: ["true"], descriptors: [-1]) }
        Self.end(pipe.write)
        #expect(try Self.everything(from: pipe.read).isEmpty, "it has an end")
    }

    @Test("gets nothing of another that is started meanwhile, nor of files that are opened meanwhile")
    func together() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for round in 0..<10 {
                        let word = "\(number)-\(round)"
                        let output = try Self.output(of: "[ -e /proc/$$/fd/4 ] || echo \(word) >&3")
                        #expect(output == word + "\n")
                    }
                }
                group.addTask {
                    for _ in 0..<2000 { _ = try OwnedDescriptor.open("/dev/zero", flags: O_RDONLY) }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("is given low numbers that are never free, and hold nothing between two children")
    func slots() throws {
        var slots = SpawnSlots()
        try slots.reserve(2)
        let numbers = slots.numbers
        defer { for number in numbers { close(number) } }
        #expect(numbers.count == 3)
        #expect(slots.end == numbers.max()! + 1)
        let root = try OwnedDescriptor.open("/", flags: O_RDONLY | O_DIRECTORY)
        try slots.fill([root.number, root.number])
        #expect(slots.numbers == numbers)
        #expect(try Self.targets(numbers) == ["/dev/null", "/", "/"])
        for number in numbers { #expect(fcntl(number, F_GETFD) == FD_CLOEXEC) }
        slots.clear()
        #expect(try Self.targets(numbers) == ["/dev/null", "/dev/null", "/dev/null"])
    }
}
