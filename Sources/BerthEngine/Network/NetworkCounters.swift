import BerthCgroups
import BerthModel
import BerthNetwork

extension NetworkUsage {
    /// What the shim read of a task's link. Nil where there was none, or its counters could not be read.
    init?(_ readings: [CounterReading]) {
        if let reading = readings.first(where: { $0.name == TrafficCounter.name }) {
            guard let usage = TrafficCounter.usage(reading.content) else { return nil }
            self = usage
        } else {
            self.init(ofHostEnd: readings)
        }
    }

    /// The shims of earlier versions read the host's end, which counts from the host: what it received, the task sent.
    private init?(ofHostEnd readings: [CounterReading]) {
        func value(_ name: String) -> UInt64? {
            readings.first { $0.name == "net." + name }.flatMap { UInt64($0.content.filter(\.isNumber)) }
        }
        guard let receivedBytes = value("tx_bytes"), let receivedPackets = value("tx_packets"),
            let sentBytes = value("rx_bytes"), let sentPackets = value("rx_packets")
        else { return nil }
        self.init(
            receivedBytes: receivedBytes, receivedPackets: receivedPackets, sentBytes: sentBytes,
            sentPackets: sentPackets)
    }
}
