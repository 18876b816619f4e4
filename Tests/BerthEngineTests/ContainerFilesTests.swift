import BerthModel
import BerthNetwork
import Testing

@testable import BerthEngine

@Suite("The name files of a container")
struct ContainerFilesTests {
    private let host = HostFiles(
        hosts: "127.0.0.1 localhost\n192.0.2.1 big", hostname: "big\n", resolvConf: "nameserver 192.0.2.53\n")
    private let link = TaskLink(
        ipv4: IPv4Address(0x0AD5_0005), ipv6: IPv6Address("fdbe:27b0:4e11::5"), mac: MACAddress(0x0242_0AD5_0005),
        hostName: "be5")
    private let resolver = IPv4Address("169.254.169.253")

    private func files(_ names: ContainerFiles.Names, _ network: TaskNetwork) -> ContainerFiles {
        ContainerFiles(names, in: network, resolver: resolver, host: host)
    }

    private func entry(_ name: String, _ address: String) -> HostEntry {
        var entry = HostEntry()
        (entry.hostname, entry.ipAddress) = (name, address)
        return entry
    }

    @Test("a task with a link has its addresses, its name and Berth's resolver")
    func awsvpc() {
        let names = ContainerFiles.Names(
            hostname: "0123456789ab", privateName: link.ipv4.privateName(region: "eu-west-1"))
        let files = files(names, TaskNetwork(mode: .awsvpc, link: link))
        #expect(files.hostname == "0123456789ab\n")
        #expect(files.resolvConf == "nameserver 169.254.169.253\n")
        let lines = files.hosts.split(separator: "\n")
        #expect(lines.first == "127.0.0.1\tlocalhost")
        #expect(
            lines.suffix(2) == [
                "10.213.0.5\tip-10-213-0-5.eu-west-1.compute.internal 0123456789ab",
                "fdbe:27b0:4e11::5\tip-10-213-0-5.eu-west-1.compute.internal 0123456789ab",
            ])
        #expect(files.files.map(\.path) == ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])
    }

    @Test("links, extra hosts, servers and search domains of a definition")
    func bridge() {
        var names = ContainerFiles.Names(hostname: "web")
        names.extraHosts = [entry("db", "192.0.2.9"), entry("db", "2001:db8::9")]
        names.links = ["store:cache", "store", "same:same"]
        names.dnsServers = ["192.0.2.53", "192.0.2.54"]
        names.searchDomains = ["example.org", "example.com"]
        let files = files(names, TaskNetwork(mode: .bridge, link: link))
        #expect(
            files.hosts.split(separator: "\n").dropFirst(6).dropLast(2) == [
                "192.0.2.9\tdb", "2001:db8::9\tdb", "10.213.0.5\tcache store", "10.213.0.5\tstore", "10.213.0.5\tsame",
            ])
        #expect(
            files.resolvConf == "nameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch example.org example.com\n")
    }

    @Test("a task in the host's network has the host's files")
    func hostMode() {
        var names = ContainerFiles.Names(hostname: "web")
        let plain = files(names, TaskNetwork(mode: .host))
        #expect(plain == ContainerFiles(hosts: host.hosts + "\n", hostname: "big\n", resolvConf: host.resolvConf))
        names.extraHosts = [entry("db", "192.0.2.9")]
        #expect(files(names, TaskNetwork(mode: .host)).hosts == host.hosts + "\n192.0.2.9\tdb\n")
    }

    @Test("a task without a link has no resolver and is alone")
    func alone() {
        let files = files(ContainerFiles.Names(hostname: "web"), TaskNetwork(mode: .none))
        #expect(files.resolvConf.isEmpty)
        #expect(files.hosts.hasSuffix("127.0.0.1\tweb\n"))
    }

    @Test(
        "private names are a VPC's",
        arguments: [("us-east-1", "ec2.internal"), ("ap-south-2", "ap-south-2.compute.internal")])
    func privateName(_ region: String, _ suffix: String) {
        #expect(link.ipv4.privateName(region: region) == "ip-10-213-0-5.\(suffix)")
    }
}
