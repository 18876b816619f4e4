import BerthLinux
import CNftables
import Synchronization

/// What nftables refused, in its own words.
struct FirewallError: Error, Equatable, Sendable, CustomStringConvertible {
    var description: String
}

/// A conversation with the kernel's packet filter, by libnftables; of the namespace of the thread that made it.
final class Nftables {
    private let context: OpaquePointer

    /// The library keeps state of its own outside a context.
    private static let turn = Mutex(())

    init() throws(FirewallError) {
        // Where the kernel has no such sockets, or their number is beyond what select(2) can wait for, the library would end
        // the process.
        do throws(LinuxError) {
            let number = try NetlinkSocket(.netfilter).descriptor.number
            if number >= 1000 { throw LinuxError("use", "descriptor \(number) for nftables", errno: .tooManyOpenFiles) }
        } catch {
            throw FirewallError(description: "\(error)")
        }
        let context = Self.turn.withLock { _ in UInt(bitPattern: nft_ctx_new(UInt32(NFT_CTX_DEFAULT))) }
        guard let context = OpaquePointer(bitPattern: context) else {
            throw FirewallError(description: "libnftables could not start")
        }
        self.context = context
        _ = nft_ctx_buffer_error(context)
        _ = nft_ctx_buffer_output(context)
    }

    deinit { Self.turn.withLock { _ in nft_ctx_free(context) } }

    /// Carries out commands as one transaction: all of them or none.
    ///
    /// - Returns: what they printed.
    @discardableResult
    func run(_ commands: String) throws(FirewallError) -> String {
        if commands.isEmpty { return "" }
        let failed = Self.turn.withLock { _ in nft_run_cmd_from_buffer(context, commands) != 0 }
        // Reading a buffer empties it.
        let error = String(cString: nft_ctx_get_error_buffer(context))
        let output = String(cString: nft_ctx_get_output_buffer(context))
        if failed {
            // The library quotes the line that it could not read below its message.
            let first = error.split(separator: "\n").first { $0.contains("Error:") }
            throw FirewallError(description: first.map { String($0) } ?? "nftables refused a command")
        }
        return output
    }
}
