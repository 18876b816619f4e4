import BerthLinux
import BerthModel

/// The groups that decide what a task may send and receive: sorted, each once.
struct Profile: Hashable, Sendable {
    let groups: [String]

    init(_ groups: [String]) {
        self.groups = groups.isEmpty ? [SecurityGroup.defaultID] : Set(groups).sorted()
    }
}

/// A namespace with a link that nobody has yet.
struct ReadySandbox: Sendable {
    var place: UInt32
    var link: TaskLink
    var profile: Profile
    var namespace: SharedNamespace
}

/// Namespaces that wait for tasks.
struct SandboxPool: Sendable {
    /// How many wait at most, of each kind.
    private(set) var size: Int
    private(set) var ready: [Profile: [ReadySandbox]] = [:]
    private(set) var bare: [SharedNamespace] = []
    /// What tasks asked for lately, the latest first: the pool has ready what was wanted last.
    private var recent: [Profile] = []
    private var wantsBare = false
    /// Kinds of which a lull has begun to make more; the next one goes on until there are enough.
    private var filling: Set<Profile> = []
    private var isFillingBare = false

    init(size: Int, firstProfile: Profile? = nil, bare: Bool = false) {
        self.size = size
        recent = firstProfile.map { [$0] } ?? []
        wantsBare = bare
    }

    var count: Int { ready.values.reduce(0) { $0 + $1.count } }

    mutating func take(_ profile: Profile) -> ReadySandbox? {
        if recent.first != profile {
            recent.removeAll { $0 == profile }
            recent.insert(profile, at: 0)
            if recent.count > Self.kinds { recent.removeLast() }
        }
        return ready[profile]?.popLast()
    }

    mutating func takeBare() -> SharedNamespace? {
        wantsBare = true
        return bare.popLast()
    }

    /// The one that holds an address, if it waits here.
    mutating func take(place: UInt32) -> ReadySandbox? {
        for (profile, sandboxes) in ready {
            guard let index = sandboxes.firstIndex(where: { $0.place == place }) else { continue }
            return ready[profile]?.remove(at: index)
        }
        return nil
    }

    /// One that waits for a kind of task that is not the wanted one, when no address is free any more.
    mutating func takeAny() -> ReadySandbox? {
        guard let profile = ready.first(where: { !$0.value.isEmpty })?.key else { return nil }
        return ready[profile]?.popLast()
    }

    /// All that wait for tasks of a kind that was not wanted lately.
    mutating func takeUnwanted() -> [ReadySandbox] {
        let unwanted = ready.filter { !recent.contains($0.key) }
        for profile in unwanted.keys { ready[profile] = nil }
        return unwanted.values.flatMap(\.self)
    }

    /// Gives all away that waits, and is not filled again.
    mutating func close() -> [ReadySandbox] {
        defer { (ready, bare, size) = ([:], [], 0) }
        return ready.values.flatMap(\.self)
    }

    mutating func add(_ sandbox: ReadySandbox) {
        ready[sandbox.profile, default: []].append(sandbox)
        if ready[sandbox.profile]?.count ?? 0 >= share { filling.remove(sandbox.profile) }
    }

    mutating func addBare(_ namespace: SharedNamespace) {
        bare.append(namespace)
        if bare.count >= size { isFillingBare = false }
    }

    /// Takes one back that was given for nothing. It is the last to be given again.
    ///
    /// - Returns: false where enough of its kind wait. Twice as many as wait at most otherwise are not too many: others were made
    ///   for those that were away.
    mutating func giveBack(_ sandbox: ReadySandbox) -> Bool {
        guard recent.contains(sandbox.profile), ready[sandbox.profile]?.count ?? 0 < 2 * share, size > 0 else {
            return false
        }
        ready[sandbox.profile, default: []].insert(sandbox, at: 0)
        return true
    }

    /// As ``giveBack(_:)``.
    mutating func giveBackBare(_ namespace: SharedNamespace) -> Bool {
        guard bare.count < 2 * size else { return false }
        bare.insert(namespace, at: 0)
        return true
    }

    /// What is missing enough to be worth a batch: of the kind wanted last first.
    ///
    /// - Parameter isLull: whether no task is in a hurry. Otherwise only a kind that is nearly used up is missing.
    mutating func missing(inLull isLull: Bool) -> (profile: Profile, count: Int)? {
        for profile in recent where size > 0 {
            let ready = ready[profile]?.count ?? 0
            guard Self.isWorthwhile(ready, of: share, inLull: isLull, filling.contains(profile)) else { continue }
            filling.insert(profile)
            return (profile, share - ready)
        }
        return nil
    }

    mutating func missingBare(inLull isLull: Bool) -> Int {
        guard wantsBare, Self.isWorthwhile(bare.count, of: size, inLull: isLull, isFillingBare) else { return 0 }
        isFillingBare = true
        return size - bare.count
    }

    /// How many of each kind wait.
    private var share: Int { max(size / max(recent.count, 1), 1) }

    private static func isWorthwhile(_ ready: Int, of share: Int, inLull isLull: Bool, _ isFilling: Bool) -> Bool {
        ready < share && (isLull && isFilling || ready <= (isLull ? share * 3 / 4 : share / 4))
    }

    /// How many kinds are kept ready.
    private static let kinds = 4
}
