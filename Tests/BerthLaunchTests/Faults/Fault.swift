import BerthConfinement
import BerthLaunch
import Foundation
import Testing

/// A launch in which one step fails, and what the user must read then.
struct Fault: Sendable, CustomTestStringConvertible {
    /// The code of the step, as `berth_plan.h` or `berth_record.h` names it.
    var step: String
    /// Exactly what is said; `$ROOT` stands for the fixture's directory, `$HOSTNAME` for the task's name.
    var sentence: String
    /// The call that fails in the shim and all that it starts.
    var call: SeccompRule?
    /// What makes the step fail without a failing call, or makes it part of the plan.
    var change: @Sendable (inout LaunchRequest, LaunchFixture) throws -> Void

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

    var testDescription: String { "\(step): \(call.map { $0.syscalls[0] } ?? "as asked")" }
}
