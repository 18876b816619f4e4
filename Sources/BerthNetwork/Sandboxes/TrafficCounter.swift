import BerthModel

/// What crossed a task's link, as a process in its namespace reads it: all in one file, which costs a task's end a third less
/// than the four of the host's end do. Nobody else can make a link there, or give one another name: the namespace belongs to
/// the host's root.
public enum TrafficCounter {
    /// In the record.
    public static let name = "net.dev"

    static let file = (name: name, path: "/proc/self/net/dev")

    /// - Parameter content: a line for each link, `eth0: ` and sixteen numbers, below two lines of heads
    ///   (dev_seq_printf_stats of net/core/net-procfs.c).
    /// - Returns: nil where there is no link, or a line of another kind.
    public static func usage(_ content: String) -> NetworkUsage? {
        for line in content.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.first == "\(SandboxFactory.taskEnd):", words.count > 10,
                let receivedBytes = UInt64(words[1]), let receivedPackets = UInt64(words[2]),
                let sentBytes = UInt64(words[9]), let sentPackets = UInt64(words[10])
            else { continue }
            return NetworkUsage(
                receivedBytes: receivedBytes, receivedPackets: receivedPackets, sentBytes: sentBytes,
                sentPackets: sentPackets)
        }
        return nil
    }
}
