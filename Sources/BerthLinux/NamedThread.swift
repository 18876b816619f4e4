import CLinux
import Glibc
import Synchronization
import SystemPackage

/// Starts a thread that runs `body` and is never joined.
public func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(LinuxError) {
    final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let error = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
            berth_name_thread(String(start.name.prefix(15)))
            start.body()
            return nil
        }, start.toOpaque())
    guard error == 0 else {
        start.release()
        throw LinuxError("start", "thread \(name)", errno: Errno(rawValue: error))
    }
    pthread_detach(thread)
}

/// Runs `body` on a thread of its own and waits for it: for what changes the thread for good.
public func runOnThread<Value: Sendable>(
    name: String, _ body: @escaping @Sendable () throws(LinuxError) -> Value
) throws(LinuxError) -> Value {
    let outcome = Outcome<Value>()
    let done = try Doorbell()
    try startThread(name: name) {
        let result = Result { () throws(LinuxError) in try body() }
        outcome.result.withLock { $0 = result }
        done.ring()
    }
    while true {
        if let result = outcome.result.withLock({ $0 }) { return try result.get() }
        done.answer()
    }
}

private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, LinuxError>?>(nil)
}
