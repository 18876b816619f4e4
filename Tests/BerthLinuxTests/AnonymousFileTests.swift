import BerthLinux
import Glibc
import Testing

@Suite("A file in memory")
struct AnonymousFileTests {
    private func canExecute(_ file: borrowing OwnedDescriptor) throws -> Bool {
        var status = stat()
        try check("read", "file") { fstat(file.number, &status) }
        return status.st_mode & 0o111 != 0
    }

    @Test(
        "is no program, for ever, unless it is to be one",
        .enabled(
            if: KernelRelease.current >= KernelRelease(major: 6, minor: 3),
            "SKIPPED: before Linux 6.3 every such file is a program"))
    func purpose() throws {
        let data = try AnonymousFile.make(name: "data")
        #expect(try !canExecute(data))
        #expect(fchmod(data.number, 0o777) == -1 && errno == EPERM)
        #expect(try canExecute(AnonymousFile.make(name: "program", executable: true)))
        let sealed = try SealedMemory.make(name: "sealed", content: [1, 2, 3])
        #expect(try !canExecute(sealed))
        #expect(write(sealed.number, "x", 1) == -1 && errno == EPERM)
        #expect(try SmallFile.readBytes("/proc/self/fd/\(sealed.number)") == [1, 2, 3])
    }
}
