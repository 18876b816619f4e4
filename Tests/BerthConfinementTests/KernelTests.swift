import Foundation
import Testing

@testable import BerthConfinement

/// The filter as the kernel takes it: a Python process loads it into itself and tells what then happens to its calls.
@Suite("The kernel under the standard policy")
struct KernelTests {
    private static let script = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        code = open(sys.argv[1], "rb").read()
        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
        def call(number, *arguments):
            result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
            return 0 if result >= 0 else ctypes.get_errno()
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        program = Program(len(code) // 8, code)
        assert libc.prctl(22, 2, ctypes.byref(program)) == 0, os.strerror(ctypes.get_errno())
        print(call(39), call(272, 0x10000000), call(1000), call(435, 0, 0), call(41, 1, 1, 0),
              call(41, 40, 1, 0), call(41, 40 | 1 << 32, 1, 0), call(0x40000000 | 39), flush=True)
        os._exit(0)
        """

    @Test("getpid works; unshare, new calls, clone3, AF_VSOCK and x32 fail with the errno the policy says")
    func loaded() throws {
        let program = try SeccompCompiler().program(capabilities: .standard)
        let file = FileManager.default.temporaryDirectory.appending(path: "berth-filter-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(program.instructions).write(to: file)

        let python = Process()
        let output = Pipe()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-c", Self.script, file.path()]
        python.standardOutput = output
        try python.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        python.waitUntilExit()

        #expect(python.terminationStatus == 0)
        #expect(
            String(decoding: said, as: UTF8.self) == "0 \(EPERM) \(ENOSYS) \(ENOSYS) 0 \(EPERM) \(EPERM) \(ENOSYS)\n")
    }
}
