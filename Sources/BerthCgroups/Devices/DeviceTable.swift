/// A policy without its order: for each device one entry says all, the first that matches it.
///
/// Both kernels' ways are made from it: v1 cannot express an order, and a BPF program that stops at the first match is
/// proved by the verifier in linear time.
struct DeviceTable: Equatable {
    struct Entry: Equatable {
        var kind: DeviceRule.Kind
        var major: UInt32?
        var minor: UInt32?
        var access: DeviceRule.Access

        func matches(_ major: UInt32?, _ minor: UInt32?) -> Bool {
            (self.major == nil || self.major == major) && (self.minor == nil || self.minor == minor)
        }
    }

    /// Block devices before character devices, the most particular first; each kind ends with what any other gets.
    let entries: [Entry]

    init(_ policy: DevicePolicy) {
        entries = [.block, .character].flatMap { Self.entries(policy, $0) }
    }

    private struct Device: Hashable {
        var major: UInt32?
        var minor: UInt32?
    }

    private static func entries(_ policy: DevicePolicy, _ kind: DeviceRule.Kind) -> [Entry] {
        let rules = policy.rules.filter { $0.kind == .all || $0.kind == kind }
        let numbered = Dictionary(grouping: rules.enumerated()) {
            Device(major: $0.element.major, minor: $0.element.minor)
        }
        // From the least particular on, so that one that changes nothing can be left out.
        var found: [Entry] = []
        var wide: [Entry] = []
        for device in devices(rules) {
            let speaking = Set([Device(), Device(minor: device.minor), Device(major: device.major), device])
                .flatMap { numbered[$0] ?? [] }
            let access = speaking.sorted { $0.offset < $1.offset }.map(\.element).access
            let wider = wide.filter { $0.matches(device.major, device.minor) }
            if !wider.isEmpty, wider.allSatisfy({ $0.access == access }) { continue }
            let entry = Entry(kind: kind, major: device.major, minor: device.minor, access: access)
            found.append(entry)
            if device.major == nil || device.minor == nil { wide.append(entry) }
        }
        return found.reversed()
    }

    /// The devices that rules tell apart: any, those of a minor, those of a major, and single ones.
    private static func devices(_ rules: [DeviceRule]) -> [Device] {
        var minors: Set<UInt32> = []
        var majors: Set<UInt32> = []
        var single: Set<Device> = []
        for rule in rules {
            switch (rule.major, rule.minor) {
            case (nil, nil): break
            case (nil, let minor?): minors.insert(minor)
            case (let major?, nil): majors.insert(major)
            case (let major?, let minor?): single.insert(Device(major: major, minor: minor))
            }
        }
        for major in majors { for minor in minors { single.insert(Device(major: major, minor: minor)) } }
        return [Device()] + minors.sorted().map { Device(minor: $0) } + majors.sorted().map { Device(major: $0) }
            + single.sorted { ($0.major ?? 0, $0.minor ?? 0) > ($1.major ?? 0, $1.minor ?? 0) }
    }
}
