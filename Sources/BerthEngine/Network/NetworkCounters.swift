import BerthCgroups
import BerthModel
import BerthNetwork

extension NetworkUsage {
    /// What the shim read beside the host's end of a task's link, which counts from the host: what it received, the task
    /// sent. Nil where there was no link, or its counters could not be read.
    init?(_ readings: [CounterReading]) {
        func value(_ name: String) -> UInt64? {
            readings.first { $0.name == name }.flatMap { UInt64($0.content.filter(\.isNumber)) }
        }
        guard let receivedBytes = value(NetworkCounter.sentBytes.rawValue),
            let receivedPackets = value(NetworkCounter.sentPackets.rawValue),
            let sentBytes = value(NetworkCounter.receivedBytes.rawValue),
            let sentPackets = value(NetworkCounter.receivedPackets.rawValue)
        else { return nil }
        self.init(
            receivedBytes: receivedBytes, receivedPackets: receivedPackets, sentBytes: sentBytes,
            sentPackets: sentPackets)
    }
}

/// Names of ``Sandbox/counters``, from the side of the host.
enum NetworkCounter: String {
    case receivedBytes = "net.rx_bytes"
    case receivedPackets = "net.rx_packets"
    case sentBytes = "net.tx_bytes"
    case sentPackets = "net.tx_packets"
}
