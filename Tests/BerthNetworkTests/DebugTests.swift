import BerthModel
import Glibc
import Testing
@testable import BerthNetwork
@Suite("Debug") struct DebugTests {
    @Test("debug") func debug() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(), holding: [])
            let one = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            let outside = try await machine.outside.listen()
            print("PID", getpid(), machine.host.descriptor.number, try one.inside().descriptor.number, machine.outside.descriptor.number, outside.port)
            print("host reaches", try await machine.host.reaches(Machine.outsideAddress6, outside.port))
            print("one reaches", try await one.inside().reaches(Machine.outsideAddress6, outside.port))
            if getenv("HOLD") != nil { sleep(100) }
            await network.drain()
        }
    }
}
