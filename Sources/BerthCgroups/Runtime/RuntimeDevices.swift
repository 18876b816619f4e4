import BerthLinux
import SystemPackage

/// Devices: v1 has files for them, v2 a BPF program.
extension ResourceWriter {
    func set(devices rules: [DeviceRule]) throws(RuntimeCgroupError) {
        let policy = DevicePolicy(rules)
        let field = Field("devices", "\(rules.count) rules")
        guard let node = cgroup.legacyNode("devices") else {
            do throws(LinuxError) {
                return try DeviceFilter(policy).replace(on: cgroup.unified)
            } catch {
                throw .refused(field: field.name, value: field.value, error)
            }
        }
        let list = try DeviceAllowList(DeviceTable(policy), field)
        let changes = list.changes(from: try read("devices.list", of: node, for: field))
        func carryOut() throws(RuntimeCgroupError) {
            for change in changes {
                try write(field, as: change.text, to: change.allows ? "devices.allow" : "devices.deny", of: node)
            }
        }
        // Between all at once and its exceptions a process would have what it must not, or not what it may.
        if changes.contains(where: { $0.text == "a" }) {
            try cgroup.whileFrozen(carryOut)
        } else {
            try carryOut()
        }
    }
}

/// A policy as v1 keeps it: everything denied or everything allowed, with exceptions that have no order.
struct DeviceAllowList: Equatable {
    struct Change: Equatable {
        var allows: Bool
        /// `a`, or a line such as `c 1:3 rwm`.
        var text: String
    }

    private let allowsByDefault: Bool
    /// What is allowed, or where everything is, what is not.
    private let exceptions: [DeviceTable.Entry]

    /// - Throws: ``RuntimeCgroupError/unsupported(field:value:reason:)`` for a policy that takes from a few devices what
    ///   it gives to many.
    init(_ table: DeviceTable, _ field: ResourceWriter.Field) throws(RuntimeCgroupError) {
        let others = table.entries.filter { $0.major == nil && $0.minor == nil }
        let allowsByDefault = others.allSatisfy { $0.access == .everything }
        let entries = table.entries.filter { !allowsByDefault || $0.major != nil || $0.minor != nil }
        exceptions = entries.map { entry in
            guard allowsByDefault else { return entry }
            var denied = entry
            denied.access = .everything.subtracting(entry.access)
            return denied
        }
        self.allowsByDefault = allowsByDefault
        for (index, one) in exceptions.enumerated() {
            // Where two match, v1 takes what either says.
            for wider in exceptions[(index + 1)...] where wider.kind == one.kind {
                if wider.matches(one.major, one.minor), !one.access.isSuperset(of: wider.access) {
                    throw field.unsupported(
                        """
                        cgroup v1 cannot make an exception of \(one.device) (\(one.access.letters)) from \
                        \(wider.device) (\(wider.access.letters)): list the devices one by one
                        """)
                }
            }
        }
    }

    /// What to write, so that at no moment anything is denied that was allowed and stays so. Only where the default is
    /// another, or its exceptions cannot be read (of "everything allowed" v1 shows none), all is changed at once first.
    ///
    /// - Parameter present: the content of `devices.list`.
    func changes(from present: String) -> [Change] {
        let lines = present.split(separator: "\n")
        let isOpen = lines.contains { $0.hasPrefix("a ") }
        let wanted = exceptions.filter { !$0.access.isEmpty }
        if allowsByDefault {
            return [Change(allows: true, text: "a")] + wanted.map { Change(allows: false, text: $0.text) }
        }
        var changes = isOpen ? [Change(allows: false, text: "a")] : []
        changes += wanted.map { Change(allows: true, text: $0.text) }
        for line in lines where !isOpen {
            let words = line.split(separator: " ")
            guard words.count == 3, let had = DeviceRule.Access(letters: String(words[2])) else { continue }
            let device = words[0] + " " + words[1]
            let keeps = wanted.first { $0.device == device }?.access ?? []
            let surplus = had.subtracting(keeps)
            if !surplus.isEmpty { changes.append(Change(allows: false, text: "\(device) \(surplus.letters)")) }
        }
        return changes
    }
}

extension DeviceTable.Entry {
    /// As v1 writes it: `c 1:3`, with `*` for any.
    fileprivate var device: String {
        "\(kind.rawValue) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*")"
    }

    fileprivate var text: String { device + " " + access.letters }
}
