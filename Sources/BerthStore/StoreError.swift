import BerthLinux
import GRDB
import SystemPackage

/// What the store could not do: operation, subject, cause and remedy.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Cause: Equatable, Sendable {
        /// Another daemon serves the directory; its pid where it could be read.
        case served(pid: Int32?)
        /// The directory or a file in it may not be written.
        case notWritable
        case diskFull
        /// The file is damaged, or no database of Berth's.
        case damaged(String)
        /// A newer Berth has written it.
        case newerSchema
        /// Anything else, in SQLite's or the kernel's words.
        case other(String)
    }

    /// What was tried, in words that continue "cannot".
    public var operation: String
    /// The path it was tried on.
    public var subject: String
    /// Why it failed.
    public var cause: Cause

    public init(operation: String, subject: String, cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    public var description: String {
        switch cause {
        case .served(let pid):
            let who = pid.map { "another berth daemon (pid \($0))" } ?? "another berth daemon"
            return "\(who) already serves \(subject): stop it first, or choose another directory with --root"
        case .notWritable:
            return "cannot \(operation) \(subject): it is not writable for this user; run as root or change its owner"
        case .diskFull:
            return "cannot \(operation) \(subject): the disk is full; free some space and try again"
        case .damaged(let detail):
            return "cannot \(operation) \(subject): the database is damaged (\(detail)); restore it from a backup"
        case .newerSchema:
            return "cannot \(operation) \(subject): a newer berth has written it; use that version"
        case .other(let detail):
            return "cannot \(operation) \(subject): \(detail)"
        }
    }

    init(_ operation: String, _ subject: String, linux error: LinuxError) {
        let cause: Cause =
            switch error.errno {
            case .permissionDenied, .notPermitted, .readOnlyFileSystem: .notWritable
            case .noSpace, .diskQuotaExceeded: .diskFull
            default: .other(error.description)
            }
        self.init(operation: operation, subject: subject, cause: cause)
    }

    /// Any error that came out of GRDB, in our terms.
    init(_ operation: String, _ subject: String, _ error: any Error) {
        if let error = error as? StoreError {
            self = error
        } else if let error = error as? DatabaseError {
            let detail = error.message ?? error.description
            let cause: Cause =
                switch error.resultCode {
                case .SQLITE_FULL: .diskFull
                case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM: .notWritable
                case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged(detail)
                default: .other(detail)
                }
            self.init(operation: operation, subject: subject, cause: cause)
        } else {
            self.init(operation: operation, subject: subject, cause: .other("\(error)"))
        }
    }
}
