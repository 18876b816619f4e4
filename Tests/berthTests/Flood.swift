import BerthEngine
import BerthLaunch
import BerthLinux
import Foundation
import Synchronization

/// A program that prints without end, and counts what it could.
final class Flood: ExecutedProgram {
    let events = AsyncStream<ExecEvent> { $0.yield(.started) }
    private let output: Mutex<OwnedDescriptor?>

    init(counting printed: Counter) {
        var ends: [Int32] = [0, 0]
        _ = pipe(&ends)
        output = Mutex(OwnedDescriptor(owning: ends[0]))
        let writing = ends[1]
        Thread.detachNewThread {
            let chunk = [UInt8](repeating: 120, count: 64 << 10)
            while true {
                let count = write(writing, chunk, chunk.count)
                guard count > 0 else { break }
                printed.value.add(count, ordering: .relaxed)
            }
            close(writing)
        }
    }

    func takeInput() -> OwnedDescriptor? { nil }
    func takeOutput() -> OwnedDescriptor? { output.withLock { $0.take() } }
    func takeErrorOutput() -> OwnedDescriptor? { nil }
    func resize(_ size: WindowSize) throws(LinuxError) {}
    func send(signal: Int32) {}
}

/// A number that several threads add to.
final class Counter: Sendable {
    let value = Atomic(0)
    var now: Int { value.load(ordering: .relaxed) }
}
