import Glibc
import NIOCore

/// No answer from the daemon: it is not there, or it went away.
struct Unreachable: Error, CustomStringConvertible {
    var endpoint: Endpoint
    var cause: any Error

    var description: String {
        switch endpoint {
        case .remote(let url, _, _):
            return "no answer from \(url): \(cause)"
        case .socket(let path):
            if access(path, F_OK) != 0, errno == EACCES {
                return "may not reach the daemon's socket \(path): run this as root, or set BERTH_ENDPOINT and use keys"
            }
            guard access(path, F_OK) != 0 || (cause as? IOError)?.errnoCode == ECONNREFUSED else {
                return "lost the daemon at \(path): \(cause); its log says why, and \"berth ps\" whether it is back"
            }
            return """
                no daemon answers at \(path): start one with "berth serve", or name the root directory of the one that \
                runs with --root or BERTH_ROOT
                """
        }
    }
}
