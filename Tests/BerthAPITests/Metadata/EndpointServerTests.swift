import BerthCgroups
import BerthEngine
import BerthModel
import BerthNetwork
import Foundation
import Testing

@testable import BerthAPI

@Suite("What a task is told about itself")
struct EndpointServerTests {
    @Test("the task's document has ECS's members and formats")
    func task() async throws {
        try await LiveEndpoints.run { server in
            let reply = try server.ask("/v4/0-0/task")
            #expect(reply.status == 200 && reply.type == "application/json")
            let task = reply.json
            #expect(task["TaskARN"] as? String == "arn:aws:ecs:eu-west-1:123456789012:task/default/\(FakeTasks.etl)")
            #expect(task["Cluster"] as? String == "arn:aws:ecs:eu-west-1:123456789012:cluster/default")
            #expect(task["Family"] as? String == "etl" && task["Revision"] as? String == "7")
            #expect(task["DesiredStatus"] as? String == "RUNNING" && task["KnownStatus"] as? String == "RUNNING")
            #expect(task["Limits"] as? [String: Double] == ["CPU": 0.5, "Memory": 1024])
            #expect(task["PullStartedAt"] as? String == "2023-11-14T22:13:21.250Z")
            #expect(task["LaunchType"] as? String == "FARGATE" && task["Group"] as? String == "family:etl")
            #expect(task["AvailabilityZone"] as? String == "eu-west-1a")
            #expect(task["EphemeralStorageMetrics"] as? [String: Int] == ["Utilized": 3, "Reserved": 20480])
            #expect(task["FaultInjectionEnabled"] as? Bool == false)
            #expect(task["TaskTags"] == nil && task["ExecutionStoppedAt"] == nil && task["VPCID"] == nil)
            #expect((task["Containers"] as? [[String: Any]])?.map { $0["Name"] as? String } == ["main", "side"])
            let tagged = try server.ask("/v4/0-1/taskWithTags").json
            #expect(tagged["TaskTags"] as? [String: String] == ["team": "data", "lower-case": "Stays"])
        }
    }

    @Test("a container's document is its own")
    func container() async throws {
        try await LiveEndpoints.run { server in
            let main = try server.ask("/v4/0-0").json
            #expect(main["DockerId"] as? String == "\(FakeTasks.etl)-2659278250")
            #expect(main["Name"] as? String == "main" && main["DockerName"] as? String == "main")
            #expect((main["ImageID"] as? String)?.hasPrefix("sha256:abab") == true)
            let labels = main["Labels"] as? [String: String]
            #expect(labels?["com.Example"] == "Yes")
            #expect(labels?["com.amazonaws.ecs.container-name"] == "main")
            #expect(labels?["com.amazonaws.ecs.task-definition-version"] == "7")
            #expect(main["Limits"] as? [String: Int] == ["CPU": 128, "Memory": 256])
            #expect(main["StartedAt"] as? String == "2023-11-14T22:13:23.500Z")
            #expect(main["Type"] as? String == "NORMAL" && main["Snapshotter"] as? String == "overlayfs")
            #expect(main["LogDriver"] as? String == "awslogs")
            #expect(
                main["LogOptions"] as? [String: String] == [
                    "awslogs-group": "/etl", "awslogs-region": "eu-west-1", "awslogs-create-group": "true",
                    "awslogs-stream": "etl/main/\(FakeTasks.etl)",
                ])
            #expect((main["Ports"] as? [[String: Any]])?.first?["ContainerPort"] as? Int == 80)
            let network = try #require((main["Networks"] as? [[String: Any]])?.first)
            #expect(network["NetworkMode"] as? String == "awsvpc")
            #expect(network["IPv4Addresses"] as? [String] == ["127.0.0.2"])
            #expect(network["IPv6Addresses"] as? [String] == ["fd00::2"])
            #expect(network["MACAddress"] as? String == "02:42:7f:00:00:02")
            #expect(network["IPv4SubnetCIDRBlock"] as? String == "127.0.0.0/16")
            #expect(network["PrivateDNSName"] as? String == "ip-127-0-0-2.eu-west-1.compute.internal")
            #expect(network["DomainNameServers"] as? [String] == ["169.254.169.253"])
            #expect(network["SubnetGatewayIpv4Address"] as? String == "127.0.0.1/16")
            let side = try server.ask("/v4/0-1").json
            #expect(side["Name"] as? String == "side" && side["KnownStatus"] as? String == "PULLED")
            #expect(side["StartedAt"] == nil && side["LogDriver"] == nil && side["ExitCode"] == nil)
        }
    }

    @Test("a container's document has each port of a range, and the host's beside it")
    func ports() throws {
        var view = try #require(try FakeTasks().view(task: FakeTasks.etl))
        func shown() -> [[Int?]]? {
            ContainerDocument(view, 0, version: 4).ports?.map { [$0.containerPort, $0.hostPort] }
        }
        #expect(shown() == [[80, 80]])
        view.network = TaskNetwork(
            mode: .bridge,
            ports: [
                PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp),
                PublishedPort(container: 1, containerPort: 81, hostPort: 8081, transport: .tcp),
                PublishedPort(container: 0, containerPort: 7000, hostPort: 50000, transport: .udp, count: 2),
            ])
        #expect(shown() == [[80, 8080], [7000, 50000], [7001, 50001]])
        view.network = TaskNetwork(mode: .host)
        #expect(shown() == [[80, 80]])
    }

    @Test("a container's health is in lower case, as the agent has it")
    func health() async throws {
        try await LiveEndpoints.run { server in
            server.tasks.change(FakeTasks.etl) { $0.task.containers[0].healthStatus = "HEALTHY" }
            #expect(try server.ask("/v4/0-0").json["Health"] as? [String: String] == ["status": "HEALTHY"])
            let all = try server.ask("/v4/0-0/task").json["Containers"] as? [[String: Any]]
            #expect(all?.first?["Health"] as? [String: String] == ["status": "HEALTHY"])
        }
    }

    @Test("version 3 has fewer members")
    func version3() async throws {
        try await LiveEndpoints.run { server in
            let main = try server.ask("/v3/0-0").json
            #expect(main["Name"] as? String == "main")
            #expect(main["ContainerARN"] == nil && main["LogDriver"] == nil)
            let network = (main["Networks"] as? [[String: Any]])?.first ?? [:]
            #expect(Set(network.keys) == ["NetworkMode", "IPv4Addresses"])
            #expect(try server.ask("/v3/0-0/task").json["LaunchType"] == nil)
        }
    }

    @Test("no other task's id is answered, nor one that is nobody's, and both alike")
    func others() async throws {
        try await LiveEndpoints.run { server in
            let nobody = try server.ask("/v4/9-9")
            #expect(nobody.status == 404 && nobody.type.hasPrefix("text/plain"))
            for (path, host) in [("/v4/f-0", 2), ("/v4/0-0", 3), ("/v4/0-0", 1), ("/v4/0-0", 9)] as [(String, UInt8)] {
                for document in ["", "/task", "/taskWithTags", "/stats", "/task/stats"] {
                    let reply = try server.ask(path + document, from: host)
                    #expect(reply.status == 404 && reply.body == nobody.body)
                }
            }
            #expect(try server.ask("/api/f-0/task-protection/v1/state").status == 404)
            #expect(try server.ask("/v4/f-0", from: 3).status == 200)
        }
    }

    @Test("a task in the host's network asks from the host's address, and only there")
    func hostNetwork() async throws {
        try await LiveEndpoints.run { server in
            let own = try server.ask("/v4/1-0", from: 1)
            #expect(own.status == 200)
            #expect((own.json["Networks"] as? [[String: Any]])?.first?["NetworkMode"] as? String == "host")
            #expect(try server.ask("/v4/0-0", from: 1).status == 404)
            for host in [UInt8(2), 3] { #expect(try server.ask("/v4/1-0", from: host).status == 404) }
            #expect(try server.ask("/v2/credentials/role-1", from: 2).status == 400)
            #expect(try server.ask("/v2/credentials/role-1", from: 1).status == 200)
        }
    }

    @Test(
        "paths that are none, and methods that change nothing here",
        arguments: [
            ("GET", "/", 404), ("GET", "/v4", 404), ("GET", "/v4/0-0/nothing", 404), ("GET", "/v5/0-0", 404),
            ("POST", "/v4/0-0", 405), ("DELETE", "/v2/credentials/role-0", 405), ("HEAD", "/v4/0-0", 200),
            ("GET", "/v4/0-0/task/stats/more", 404), ("GET", "/api/0-0/fault/v1/network-latency/status", 400),
            ("GET", "/api/0-0/nothing", 404), ("PATCH", "/api/0-0/task-protection/v1/state", 405),
            ("GET", "/v4/%00%ff", 404), ("GET", "/v4//task", 404),
        ])
    func paths(_ method: String, _ path: String, _ status: Int) async throws {
        try await LiveEndpoints.run { server in
            let reply = try server.ask(path, method: method)
            #expect(reply.status == status)
        }
    }

    @Test("a task is answered 60 times at once; then it waits, and the others do not")
    func rate() async throws {
        try await LiveEndpoints.run { server in
            var refused = 0
            for _ in 0..<200 where try server.ask("/v4/0-0").status == 429 { refused += 1 }
            // What a slow machine answers late is answered.
            #expect(refused < 141)
            #expect(try server.ask("/v4/f-0", from: 3).status == 200)
        }
        let limit = RateLimit<String>(rate: 40, burst: 60)
        let start = ContinuousClock.now
        #expect((0..<100).filter { _ in limit.admits("a", at: start) }.count == 60)
        #expect((0..<100).filter { _ in limit.admits("a", at: start + .seconds(1)) }.count == 40)
        #expect((0..<100).filter { _ in limit.admits("b", at: start + .seconds(1)) }.count == 60)
        #expect((0..<100).filter { _ in limit.admits("a", at: start + .seconds(60)) }.count == 60)
    }

    @Test("protection is asked for, shown, and taken back")
    func protection() async throws {
        try await LiveEndpoints.run { server in
            let path = "/api/0-0/task-protection/v1/state"
            func state(_ reply: LiveEndpoints.Reply) -> [String: Any] {
                reply.json["protection"] as? [String: Any] ?? [:]
            }
            let before = try server.ask(path)
            #expect(state(before)["ProtectionEnabled"] as? Bool == false && state(before)["ExpirationDate"] == nil)
            #expect((state(before)["TaskArn"] as? String)?.hasSuffix(FakeTasks.etl) == true)
            let body = #"{"ProtectionEnabled":true,"ExpiresInMinutes":60}"#
            let put = try server.ask(path, method: "PUT", body: body)
            #expect(put.status == 200 && state(put)["ProtectionEnabled"] as? Bool == true)
            #expect(state(try server.ask(path))["ExpirationDate"] as? String != nil)
            for wrong in [
                "", "{}", "[]", #"{"ProtectionEnabled":1}"#, #"{"ProtectionEnabled":true,"ExpiresInMinutes":0}"#,
                #"{"ProtectionEnabled":true,"ExpiresInMinutes":2881}"#, String(repeating: "x", count: 10_000),
            ] {
                let reply = try server.ask(path, method: "PUT", body: wrong)
                #expect(reply.status == 400)
                #expect((reply.json["error"] as? [String: String])?["Code"] == "InvalidParameterException")
            }
            let off = try server.ask(path, method: "PUT", body: #"{"ProtectionEnabled":false}"#)
            #expect(state(off)["ProtectionEnabled"] as? Bool == false)
        }
    }
}
