import Foundation

/// Programs of the host that judge what Berth did.
enum Run {
    struct Failure: Error { var command: [String], status: Int32, output: String }

    static func has(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }

    /// What a program prints on both streams; throws when it fails.
    static func output(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(command: command, status: process.terminationStatus, output: output)
        }
        return output
    }

    /// Changes the options of a mounted file system.
    static func remount(_ path: String, _ options: String) throws {
        _ = try output(["mount", "-o", "remount,\(options)", path])
    }
}
