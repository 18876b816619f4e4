import BerthModel
import NIOCore

extension IPv4Address {
    /// Nil for an address of another kind.
    public init?(_ address: SocketAddress) {
        guard case .v4(let address) = address else { return nil }
        self.init(UInt32(bigEndian: address.address.sin_addr.s_addr))
    }
}
