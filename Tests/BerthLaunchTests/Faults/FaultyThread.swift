import BerthConfinement
import BerthLinux
import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// A thread under a seccomp filter that makes one call fail. What it spawns inherits the filter; the other threads of this
/// process do not.
enum FaultyThread {
    /// Runs `body` on a new thread of which `rule` decides a call and all others are let through. The thread ends with it.
    static func run<Value: Sendable>(
        _ rule: SeccompRule, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let program = try SeccompCompiler().program(for: policy(rule), capabilities: [])
        return try await withCheckedThrowingContinuation { continuation in
            do throws(LinuxError) {
                // To resume starts threads of the pool, which would inherit the filter: another thread does it.
                try startThread(name: "faulty-waits") {
                    let ended = DispatchSemaphore(value: 0)
                    let outcome = Outcome<Value>()
                    do throws(LinuxError) {
                        try startThread(name: "faulty") {
                            outcome.result.withLock {
                                $0 = Result {
                                    try load(program)
                                    return try body()
                                }
                            }
                            ended.signal()
                        }
                        ended.wait()
                    } catch {
                        outcome.result.withLock { $0 = .failure(error) }
                    }
                    if let result = outcome.result.withLock({ $0 }) { continuation.resume(with: result) }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    /// A call that is newer than a policy fails: the second rule makes this one as new as the kernel calls that we make.
    private static func policy(_ rule: SeccompRule) -> SeccompPolicy {
        SeccompPolicy(defaultAction: .allow, rules: [rule, SeccompRule(.allow, ["listmount", "mseal"])])
    }

    private static func load(_ program: SeccompProgram) throws {
        // prctl(2) has variable arguments, which Swift does not call; through this type it does, as both our
        // architectures pass them in the same registers.
        typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let symbol = dlsym(nil, "prctl") else { throw LinuxError("find", "prctl", errno: .noFunction) }
        let prctl = unsafeBitCast(symbol, to: Prctl.self)
        var instructions = program.instructions
        try instructions.withUnsafeMutableBytes { bytes in
            var filter = Filter(count: UInt16(program.count), instructions: UInt(bitPattern: bytes.baseAddress))
            try withUnsafeMutablePointer(to: &filter) { pointer in
                let noNewPrivileges: Int32 = 38  // PR_SET_NO_NEW_PRIVS
                let seccomp: Int32 = 22  // PR_SET_SECCOMP, with SECCOMP_MODE_FILTER
                guard prctl(noNewPrivileges, 1, 0, 0, 0) == 0, prctl(seccomp, 2, UInt(bitPattern: pointer), 0, 0) == 0
                else { throw LinuxError("load", "filter", errno: Errno(rawValue: errno)) }
            }
        }
    }

    /// `struct sock_fprog` of linux/filter.h.
    private struct Filter {
        var count: UInt16
        var instructions: UInt
    }
}
