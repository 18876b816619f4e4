import BerthLinux
import Testing

@Suite("Steps before a program")
struct SpawnActionsTests {
    @Test("that cannot be noted are errors, and not left out")
    func refused() throws {
        var actions = try SpawnActions()
        try actions.copy(0, to: 3)
        for (source, number) in [(-1, 3), (0, -1), (0, Int32.max)] as [(Int32, Int32)] {
            let error = #expect(throws: LinuxError.self) { try actions.copy(source, to: number) }
            #expect(error?.errno == .badFileDescriptor)
        }
        #expect(throws: LinuxError.self) { try actions.open("/dev/null", as: -1, flags: 0) }
        #expect(throws: LinuxError.self) { try actions.close(from: -1) }
    }
}
