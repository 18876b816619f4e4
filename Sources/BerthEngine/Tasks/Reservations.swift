import BerthModel
import Synchronization

/// What live tasks have reserved of the host: CPU, memory, and a range of user ids each.
final class Reservations: Sendable {
    /// Why there is no room, in the words of ECS's `failures[].reason`.
    struct Refusal: Error, Equatable {
        var reason: String
        var detail: String
    }

    /// The reason when all ranges of user ids are taken.
    static let noIDs = "AGENT"

    private struct State {
        var cpuUnits = 0
        var memoryMiB = 0
        /// Taken ranges, by their place.
        var ranges: Set<UInt32> = []
        /// Where the search for a free range begins, so that one is used again as late as possible.
        var next: UInt32 = 0
    }
    private let capacity: TaskSize
    private let ids: HostIDRanges
    private let state = Mutex(State())

    init(capacity: TaskSize, ids: HostIDRanges) {
        self.capacity = capacity
        self.ids = ids
    }

    /// Reserves room for one task.
    ///
    /// - Parameter held: the first of its host ids, if it has them already.
    /// - Returns: the first of its host ids.
    func reserve(_ size: TaskSize, holding held: UInt32? = nil) throws(Refusal) -> UInt32 {
        try state.withLock { (state) throws(Refusal) in
            if state.cpuUnits + size.cpuUnits > capacity.cpuUnits {
                throw Refusal(
                    reason: "RESOURCE:CPU",
                    detail: "\(capacity.cpuUnits - state.cpuUnits) of \(capacity.cpuUnits) CPU units are free; "
                        + "the task asks for \(size.cpuUnits)")
            }
            if state.memoryMiB + size.memoryMiB > capacity.memoryMiB {
                throw Refusal(
                    reason: "RESOURCE:MEMORY",
                    detail: "\(capacity.memoryMiB - state.memoryMiB) of \(capacity.memoryMiB) MiB are free; "
                        + "the task asks for \(size.memoryMiB)")
            }
            guard let base = held ?? freeRange(&state).map({ ids.first + $0 * HostIDRanges.size }) else {
                throw Refusal(
                    reason: Self.noIDs, detail: "all \(ids.count) ranges of user ids are taken by running tasks")
            }
            state.cpuUnits += size.cpuUnits
            state.memoryMiB += size.memoryMiB
            return base
        }
    }

    /// Takes up again what a task holds that an earlier daemon accepted; there is always room for it.
    func restore(_ size: TaskSize, hostIDBase: UInt32) {
        state.withLock { state in
            state.cpuUnits += size.cpuUnits
            state.memoryMiB += size.memoryMiB
            if let range = place(of: hostIDBase) { state.ranges.insert(range) }
        }
    }

    func release(_ size: TaskSize, hostIDBase: UInt32) {
        state.withLock { state in
            state.cpuUnits -= size.cpuUnits
            state.memoryMiB -= size.memoryMiB
            if let range = place(of: hostIDBase) { state.ranges.remove(range) }
        }
    }

    private func freeRange(_ state: inout State) -> UInt32? {
        guard state.ranges.count < Int(ids.count) else { return nil }
        var range = state.next
        while state.ranges.contains(range) { range = (range + 1) % ids.count }
        state.ranges.insert(range)
        state.next = (range + 1) % ids.count
        return range
    }

    /// Nil for an id of a range that an earlier configuration gave out.
    private func place(of hostIDBase: UInt32) -> UInt32? {
        guard hostIDBase >= ids.first, (hostIDBase - ids.first) % HostIDRanges.size == 0 else { return nil }
        let range = (hostIDBase - ids.first) / HostIDRanges.size
        return range < ids.count ? range : nil
    }
}
