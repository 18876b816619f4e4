import BerthCgroups
import BerthConfinement
import BerthLaunch
import BerthLinux
import BerthOCI

/// Why a command failed, as its user reads it: what was tried, on what, why it failed and what to do.
struct Failure: Error, Equatable, CustomStringConvertible {
    var description: String
    var exitCode: Int32 = 1

    init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }

    /// The same with what was being done in front.
    func during(_ context: String) -> Failure { Failure("\(context): \(description)", exitCode: exitCode) }
}

/// Runs a step whose error says all there is to say.
func step<Value: ~Copyable, Cause: Error & CustomStringConvertible>(
    _ body: () throws(Cause) -> Value
) throws(Failure) -> Value {
    do throws(Cause) {
        return try body()
    } catch {
        throw Failure(error.description)
    }
}

/// The same for options.
func usage<Value: ~Copyable>(_ body: () throws(UsageError) -> Value) throws(Failure) -> Value { try step(body) }
