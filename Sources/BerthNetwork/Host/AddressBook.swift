/// Hands out places round robin: one is used again as late as possible, so that late packets and cached names of an ended
/// task do not reach the next. One whose task never began keeps its namespace, and waits with it.
struct AddressBook: Sendable {
    /// Whose a place is: nobody else frees it.
    enum Owner: Equatable, Sendable {
        /// A namespace that waits for a task.
        case pool
        /// By its id.
        case task(String)
    }

    private let places: ClosedRange<UInt32>
    private var owners: [UInt32: Owner] = [:]
    /// Nobody's any more, but not to be given before ``forgetLeft()``: the kernel may remember connections to them.
    private(set) var left: Set<UInt32> = []
    private var next: UInt32

    /// The tasks that can be at a time: as many as addresses, and as ports of one bridge (BR_MAX_PORTS, net/bridge).
    let capacity: Int

    init(_ plan: AddressPlan) {
        places = plan.places
        capacity = min(plan.places.count, 1023)
        next = places.lowerBound
    }

    var used: Int { owners.count }
    /// With those that are left.
    var free: Int { max(capacity - owners.count, 0) }
    /// How many can be given now.
    var givable: Int { min(free, places.count - owners.count - left.count) }

    /// One for the pool; nil where none can be given.
    mutating func take() -> UInt32? {
        guard givable > 0 else { return nil }
        while owners[next] != nil || left.contains(next) { advance() }
        defer { advance() }
        owners[next] = .pool
        return next
    }

    /// The next ones are taken behind it.
    ///
    /// - Returns: false if it is not the task's and cannot be.
    mutating func take(_ place: UInt32, for task: String) -> Bool {
        if place >= next, place < places.upperBound { next = place + 1 }
        if owners[place] == nil { owners[place] = .task(task) }
        return owners[place] == .task(task)
    }

    /// One of the pool is a task's from now on.
    mutating func give(_ place: UInt32, to task: String) { owners[place] = .task(task) }

    /// A task's waits for another.
    mutating func giveBack(_ place: UInt32) { owners[place] = .pool }

    /// Nil for one that is free.
    func owner(of place: UInt32) -> Owner? { owners[place] }

    mutating func free(_ place: UInt32) {
        owners[place] = nil
        left.insert(place)
    }

    /// No connection to any of them is remembered.
    mutating func forgetLeft() { left = [] }

    private mutating func advance() { next = next == places.upperBound ? places.lowerBound : next + 1 }
}

extension AddressBook.Owner: CustomStringConvertible {
    var description: String {
        switch self {
        case .pool: "nobody"
        case .task(let id): "task \(id)"
        }
    }
}
