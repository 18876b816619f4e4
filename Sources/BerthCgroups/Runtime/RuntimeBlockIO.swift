import BerthLinux
import SystemPackage

/// Block devices: weights where an I/O scheduler keeps them, and throttles.
extension ResourceWriter {
    func set(_ blockIO: RuntimeResources.BlockIO) throws(RuntimeCgroupError) {
        try setWeight(blockIO)
        for device in blockIO.weightDevice { try setWeight(device) }
        for (name, legacy, key, list) in [
            ("throttleReadBpsDevice", "read_bps", "rbps", blockIO.throttleReadBps),
            ("throttleWriteBpsDevice", "write_bps", "wbps", blockIO.throttleWriteBps),
            ("throttleReadIOPSDevice", "read_iops", "riops", blockIO.throttleReadIOPS),
            ("throttleWriteIOPSDevice", "write_iops", "wiops", blockIO.throttleWriteIOPS),
        ] {
            for throttle in list { try set(throttle, name, legacy, key) }
        }
    }

    private func set(
        _ throttle: RuntimeResources.Throttle, _ name: String, _ legacy: String, _ key: String
    ) throws(RuntimeCgroupError) {
        let device = "\(throttle.major):\(throttle.minor)"
        let field = Field("blockIO." + name, "\(device) \(throttle.rate)")
        switch try home("blkio", unified: "io", for: field) {
        case .legacy(let node):
            try write(field, to: "blkio.throttle.\(legacy)_device", of: node)
        case .unified(let node):
            // v1 says 0 for no limit, v2 refuses it.
            let rate = throttle.rate == 0 ? "max" : String(throttle.rate)
            try write(field, as: "\(device) \(key)=\(rate)", to: "io.max", of: node)
        }
    }

    private func setWeight(_ blockIO: RuntimeResources.BlockIO) throws(RuntimeCgroupError) {
        if let weight = blockIO.weight, weight != 0 {
            let field = Field("blockIO.weight", weight)
            try write(field, weight: weight, device: nil)
        }
        if let weight = blockIO.leafWeight, weight != 0 {
            try write(leaf: Field("blockIO.leafWeight", weight), to: "blkio.leaf_weight")
        }
    }

    private func setWeight(_ device: RuntimeResources.WeightDevice) throws(RuntimeCgroupError) {
        let name = "\(device.major):\(device.minor)"
        if let weight = device.weight, weight != 0 {
            try write(Field("blockIO.weightDevice", "\(name) \(weight)"), weight: weight, device: name)
        }
        if let weight = device.leafWeight, weight != 0 {
            try write(leaf: Field("blockIO.weightDevice", "\(name) \(weight)"), to: "blkio.leaf_weight_device")
        }
    }

    /// CFQ, the one scheduler that knew leaf weights, left the kernel in 5.0.
    private func write(leaf field: Field, to file: String) throws(RuntimeCgroupError) {
        guard case .legacy(let node) = try home("blkio", unified: "io", for: field) else {
            throw field.unsupported("cgroup v2 has no leaf weights")
        }
        try write(field, to: file, of: node)
    }

    /// The files of BFQ where it is loaded; else those of v1's own weight, and in v2 of the cost model, which counts to
    /// 10000 where runtime-spec counts to 1000.
    private func write(_ field: Field, weight: UInt16, device: String?) throws(RuntimeCgroupError) {
        guard (10...1000).contains(weight) else { throw field.invalid("a weight is 10 to 1000") }
        let prefix = device.map { $0 + " " } ?? ""
        let suffix = device == nil ? "" : "_device"
        switch try home("blkio", unified: "io", for: field) {
        case .legacy(let node):
            let file = "blkio.bfq.weight" + suffix
            try write(
                field, as: prefix + String(weight), to: node.has(file) ? file : "blkio.weight" + suffix, of: node)
        case .unified(let node):
            if node.has("io.bfq.weight") {
                try write(field, as: prefix + String(weight), to: "io.bfq.weight", of: node)
            } else {
                let cost = 1 + (Int(weight) - 10) * 9999 / 990
                try write(field, as: (device == nil ? "default " : prefix) + String(cost), to: "io.weight", of: node)
            }
        }
    }
}
