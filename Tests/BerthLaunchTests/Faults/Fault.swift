import BerthConfinement
import Foundation
import Testing

@testable import BerthLaunch

/// A launch in which one step fails, and what the user must read then.
struct Fault: Sendable, CustomTestStringConvertible {
    /// The code of the step, as `berth_plan.h` or `berth_record.h` names it.
    var step: String
    /// Exactly what is said; `$ROOT` stands for the fixture's directory, `$HOSTNAME` for its name,
    /// `$JOIN` for the first v1 file that the container joins its cgroup by.
    var sentence: String
    /// The call that fails in the shim and all that it starts.
    var call: SeccompRule?
    /// What makes the step fail without a failing call, or makes it part of the plan.
    var change: @Sendable (inout LaunchRequest, LaunchFixture) throws -> Void = { _, _ in }
    /// A step that no task has, but an OCI bundle may.
    var addition: BerthLaunch.Operation?

    /// A step of which one system call fails.
    ///
    /// - Parameter arguments: tell the step's call from those that others make.
    static func call(
        _ step: String, _ name: String, _ errno: Int32, _ arguments: [ArgumentTest] = [], says sentence: String,
        change: @escaping @Sendable (inout ContainerLaunch) -> Void = { _ in }
    ) -> Fault {
        Fault(
            step: step, sentence: sentence,
            call: SeccompRule(.fail(errno: UInt16(errno)), [name], where: arguments),
            change: { request, _ in change(&request.containers[0]) })
    }

    /// A step that fails of itself, because of what it is asked.
    static func request(
        _ step: String, says sentence: String,
        change: @escaping @Sendable (inout LaunchRequest, LaunchFixture) throws -> Void
    ) -> Fault {
        Fault(step: step, sentence: sentence, call: nil, change: change)
    }

    /// A step that only OCI bundles have, and that fails because of what it is asked, or because a call of it does.
    static func addition(
        _ step: String, _ operation: BerthLaunch.Operation, says sentence: String, call: SeccompRule? = nil
    ) -> Fault {
        Fault(step: step, sentence: sentence, call: call, addition: operation)
    }

    var testDescription: String { "\(step): \(call.map { $0.syscalls[0] } ?? "as asked")" }
}
