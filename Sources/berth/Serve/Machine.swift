import BerthImages
import BerthModel
import Foundation
import Glibc

extension Configuration {
    /// What tasks may reserve together: what is configured, else all of this machine.
    func capacity() -> TaskSize {
        TaskSize(
            cpuUnits: capacityCPU ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)) * 1_024,
            memoryMiB: capacityMemory ?? (sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))) >> 20)
    }

    /// What is said about registries; credentials come of the daemon's user when no file is named.
    func registrySettings() -> RegistrySettings {
        var registries = RegistrySettings()
        registries.insecure = Set(insecureRegistries)
        registries.certificateDirectories = registryCertificates
        registries.mirrors = registryMirrors.locations
        let environment = ProcessInfo.processInfo.environment
        let directory = environment["DOCKER_CONFIG"] ?? environment["HOME"].map { "\($0)/.docker" }
        registries.credentialsFile = registryCredentials ?? directory.map { "\($0)/config.json" }
        return registries
    }

    /// The shim: the one configured, else `berth-shim` in the directory of the running program.
    func shimPath() throws -> String { try Self.companion(shim, name: "berth-shim", key: "shim") }

    /// What unpacks layers: the one configured, else `berth-unpack` in the directory of the running program.
    func unpackerPath() throws -> String { try Self.companion(unpacker, name: "berth-unpack", key: "unpacker") }

    /// A program that belongs to this one.
    private static func companion(_ configured: String?, name: String, key: String) throws -> String {
        let path: String
        if let configured {
            path = configured
        } else {
            guard let program = realpath("/proc/self/exe", nil) else {
                throw CommandFailure("cannot tell where berth itself lies; name \(name) with the key \"\(key)\"")
            }
            defer { free(program) }
            path = String(URL(filePath: String(cString: program)).deletingLastPathComponent().path) + "/\(name)"
        }
        guard access(path, R_OK) == 0 else {
            throw CommandFailure(
                "cannot read \(path): \(String(cString: strerror(errno))); install \(name) beside berth, or name it with the configuration's key \"\(key)\""
            )
        }
        return path
    }
}
