import BerthLinux
import SystemPackage

/// Why an image could not be imported, found or read.
public struct ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is; an open set, so that a new kind breaks no caller.
    public struct Code: Hashable, Sendable, RawRepresentable {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No image, file or blob of that name.
        public static let notFound = Code(rawValue: "notFound")
        /// A text that is no image reference.
        public static let invalidReference = Code(rawValue: "invalidReference")
        /// The import does not say what the image is called.
        public static let nameMissing = Code(rawValue: "nameMissing")
        /// A document, an archive or a layer that breaks its format.
        public static let malformed = Code(rawValue: "malformed")
        /// Bytes that do not hash to what their descriptor or the image's configuration says.
        public static let digestMismatch = Code(rawValue: "digestMismatch")
        /// A blob that is longer or shorter than its descriptor says.
        public static let sizeMismatch = Code(rawValue: "sizeMismatch")
        /// A well-formed thing that Berth does not take, such as a foreign layer.
        public static let unsupported = Code(rawValue: "unsupported")
        /// No image for this machine's operating system and architecture.
        public static let wrongPlatform = Code(rawValue: "wrongPlatform")
        /// More entries, bytes, levels or letters than ``LayerLimits`` allow.
        public static let limitExceeded = Code(rawValue: "limitExceeded")
        /// An entry or file that tries to reach out of its image.
        public static let unsafe = Code(rawValue: "unsafe")
        /// The file system of the store is full.
        public static let noSpace = Code(rawValue: "noSpace")
        /// The store's files cannot be read or written.
        public static let storage = Code(rawValue: "storage")
        /// A user specification that breaks the grammar, or one the image does not know.
        public static let invalidUser = Code(rawValue: "invalidUser")
        /// Another process works on this store.
        public static let storeInUse = Code(rawValue: "storeInUse")
        /// Given up because another part of the same import failed.
        package static let cancelled = Code(rawValue: "cancelled")
    }

    /// For programs; people read ``message``.
    public var code: Code
    /// Names the file, digest or entry, the cause, and what to do.
    public var message: String
    /// Whether ``FullDisk`` has said its part.
    package var isExplained = false

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension ImageError {
    /// A system call on the store's own files that failed.
    package init(_ error: LinuxError) {
        self.init(.of(error.errno), "\(error)")
    }

    /// The same error, told what it happened to.
    package func prefixed(_ subject: String) -> ImageError {
        var error = self
        error.message = "\(subject): \(message)"
        return error
    }
}

/// Runs a body of system calls and turns their error into an ``ImageError``.
package func storing<Result: ~Copyable>(_ body: () throws(LinuxError) -> Result) throws(ImageError) -> Result {
    do { return try body() } catch { throw ImageError(error) }
}

extension ImageError.Code {
    /// Tells a full file system, or a used-up quota, from other trouble with it.
    package static func of(_ error: Errno) -> ImageError.Code {
        error == .noSpace || error == .diskQuotaExceeded ? .noSpace : .storage
    }
}
