import BerthLinux
import BerthModel
import Glibc
import Testing

@testable import BerthNetwork

@Suite("The pool of namespaces")
struct SandboxPoolTests {
    private static let usual = Profile([])

    private static func full(_ size: Int) throws -> SandboxPool {
        var pool = SandboxPool(size: size, firstProfile: usual, bare: true)
        let plan = AddressPlan(bridge: "b0", subnet: try #require(IPv4Block("10.213.0.0/24")), subnet6: nil)
        let descriptor = SharedDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_RDONLY))
        let namespace = SharedNamespace(network: descriptor, sysfs: descriptor)
        for place in 2..<UInt32(2 + size) {
            pool.add(ReadySandbox(place: place, link: plan.link(place), profile: usual, namespace: namespace))
            pool.addBare(namespace)
        }
        return pool
    }

    @Test("is filled again in a lull when a quarter is gone, and otherwise when a quarter is left")
    func missing() throws {
        var pool = try Self.full(16)
        for taken in 1...16 {
            _ = pool.take(Self.usual)
            _ = pool.takeBare()
            let inLull = (pool.missing(inLull: true)?.count ?? 0, pool.missingBare(inLull: true))
            let otherwise = (pool.missing(inLull: false)?.count ?? 0, pool.missingBare(inLull: false))
            #expect(inLull == (taken >= 4 ? (taken, taken) : (0, 0)))
            #expect(otherwise == (taken >= 12 ? (taken, taken) : (0, 0)))
        }
    }

    @Test("is filled to its end once that has begun, by the next lull too")
    func filling() throws {
        var pool = SandboxPool(size: 16, firstProfile: Self.usual, bare: true)
        let waiting = try Self.full(16)
        let all = zip(waiting.ready[Self.usual] ?? [], waiting.bare)
        for (made, (sandbox, bare)) in all.enumerated() {
            let inLull = (pool.missing(inLull: true)?.count ?? 0, pool.missingBare(inLull: true))
            let otherwise = (pool.missing(inLull: false)?.count ?? 0, pool.missingBare(inLull: false))
            #expect(inLull == (16 - made, 16 - made))
            #expect(otherwise == (made <= 4 ? (16 - made, 16 - made) : (0, 0)))
            pool.add(sandbox)
            pool.addBare(bare)
        }
        _ = pool.take(Self.usual)
        let whole = pool.missing(inLull: true)
        #expect(whole == nil)
    }

    @Test("takes back what was given for nothing, and gives it as the last; twice as many as it makes are enough")
    func givenBack() throws {
        var pool = try Self.full(2)
        let taken = pool.take(Self.usual)
        let first = try #require(taken)
        func giveBack(_ place: UInt32, _ profile: Profile = Self.usual) -> Bool {
            var sandbox = first
            (sandbox.place, sandbox.profile) = (place, profile)
            return pool.giveBack(sandbox)
        }
        #expect(giveBack(first.place))
        let order = [pool.take(Self.usual), pool.take(Self.usual)].map { $0?.place }
        #expect(order == [2, first.place])
        #expect([1, 2, 3, 4].map { giveBack($0) } == [true, true, true, true])
        #expect([giveBack(5), giveBack(5, Profile(["sg-2"]))] == [false, false])
        let missing = pool.missing(inLull: true)
        #expect(missing == nil)
        _ = pool.close()
        let (isTaken, isBareTaken) = (giveBack(first.place), pool.giveBackBare(first.namespace))
        #expect(!isTaken && !isBareTaken)
    }

    @Test("of one is filled again once it is taken; one of none never")
    func small() throws {
        var one = try Self.full(1)
        let whole = one.missing(inLull: true)
        _ = one.take(Self.usual)
        let taken = one.missing(inLull: false)
        #expect(whole == nil && taken?.count == 1)
        var none = try Self.full(0)
        let (missing, missingBare) = (none.missing(inLull: true), none.missingBare(inLull: true))
        #expect(missing == nil && missingBare == 0)
    }

    @Test("makes up first for the kind that was wanted last")
    func kinds() throws {
        var pool = try Self.full(16)
        let other = Profile(["sg-2"])
        #expect(pool.take(other) == nil)
        let missing = pool.missing(inLull: false)
        #expect(missing?.profile == other && missing?.count == 8)
    }
}
