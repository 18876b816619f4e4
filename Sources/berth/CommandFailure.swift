import BerthModel

/// A command that could not do what it was asked: what failed, why, and what to do, in a line or few.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String
    var exitCode: Int32 = 1

    init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }

    /// Words any error for the user; one that is worded already stays as it is.
    ///
    /// - Parameter exitCode: instead of the error's own.
    init(_ error: any Error, exitCode: Int32? = nil) {
        switch error {
        case let failure as CommandFailure: self.init(failure.description, exitCode: exitCode ?? failure.exitCode)
        case let refusal as ServiceError: self.init("\(refusal.message) (\(refusal.code))", exitCode: exitCode ?? 1)
        default: self.init("\(error)", exitCode: exitCode ?? 1)
        }
    }
}
