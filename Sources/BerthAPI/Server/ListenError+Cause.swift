import BerthLinux
import NIOCore
import SystemPackage

extension ListenError {
    /// What kept a socket from being bound.
    init(_ error: any Error, address: String) {
        switch error {
        case let error as ListenError: self = error
        case let error as IOError: self.init(errno: Errno(rawValue: error.errnoCode), address: address)
        case let error as LinuxError: self.init(errno: error.errno, address: address)
        case is SocketAddressError:
            self.init(
                address: address, cause: "the host has no address",
                remedy: "Use an address of this machine, for example 127.0.0.1.")
        default:
            self.init(address: address, cause: "\(error)", remedy: "Choose another address.")
        }
    }

    private init(errno: Errno, address: String) {
        let isPath = address.hasPrefix("/")
        let remedy =
            switch errno {
            case .addressInUse: "Stop the program that listens there (ss -ltnp shows it), or choose another address."
            case .addressNotAvailable: "Use an address of this machine (ip address shows them), or 127.0.0.1."
            case .permissionDenied where !isPath: "Ports below 1024 need root: choose one above."
            case _ where isPath: "Choose a root directory that this user may write to."
            default: "Choose another address."
            }
        self.init(address: address, cause: errno.description, remedy: remedy)
    }
}
