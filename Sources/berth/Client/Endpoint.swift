import BerthAPI
import Foundation
import Glibc

/// Where the daemon listens, and what opens its door.
enum Endpoint: Sendable {
    /// The unix socket in the daemon's root directory: the kernel tells the daemon who calls.
    case socket(path: String)
    /// A URL without a path; requests are signed.
    case remote(url: String, host: String, credentials: Credentials)

    static let defaultRoot = "/var/lib/berth"

    /// The socket below a root directory.
    static func socketPath(root: String) -> String { root + "/berth.sock" }

    /// Chooses by `--root`, then `BERTH_ENDPOINT`, then `BERTH_ROOT`, then the default root directory.
    static func choose(root: String?, environment: [String: String]) throws -> Endpoint {
        if let root { return .socket(path: socketPath(root: root)) }
        if let endpoint = environment["BERTH_ENDPOINT"], !endpoint.isEmpty {
            return try remote(endpoint, environment: environment)
        }
        return .socket(path: socketPath(root: rootOfEnvironment(environment) ?? defaultRoot))
    }

    /// `BERTH_ROOT`, unless it is empty.
    static func rootOfEnvironment(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        environment["BERTH_ROOT"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func remote(_ text: String, environment: [String: String]) throws -> Endpoint {
        guard let url = URLComponents(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let name = url.host, !name.isEmpty, url.path.isEmpty || url.path == "/", url.query == nil
        else {
            throw CommandFailure(
                "BERTH_ENDPOINT is \"\(text)\", but must be http://HOST:PORT or https://HOST:PORT, for example http://127.0.0.1:8466"
            )
        }
        let host = url.port.map { "\(name):\($0)" } ?? name
        return .remote(
            url: "\(scheme)://\(host)", host: host, credentials: try AWSSettings(environment: environment).credentials()
        )
    }
}
