import Foundation

/// Which proxy leads to which registry, as the environment says: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, each also
/// in small letters, read as Go's programs (and so docker, podman and skopeo) read them.
struct RegistryProxies: Sendable {
    /// A proxy that is asked for a tunnel (CONNECT), also to what is then spoken to in plain HTTP.
    struct Proxy: Hashable, Sendable {
        var host: String
        var port: Int
        var username: String?
        var password: String?
    }

    /// For `https` and `http`.
    private var proxies: [String: Proxy] = [:]
    private var exceptions: [String] = []

    /// - Throws: for an address of a proxy that is none, or of another kind than `http://`.
    init(_ environment: [String: String]) throws(ImageError) {
        for scheme in ["https", "http"] {
            let name = "\(scheme)_proxy"
            // In a CGI program HTTP_PROXY is a client's header (CVE-2016-5385).
            let isRequest = scheme == "http" && environment["REQUEST_METHOD"] != nil
            let upper = isRequest ? nil : environment[name.uppercased()]
            guard let text = [upper, environment[name]].compactMap({ $0 }).first(where: { !$0.isEmpty }) else {
                continue
            }
            proxies[scheme] = try Self.parse(text, name: name.uppercased())
        }
        let list = [environment["NO_PROXY"], environment["no_proxy"]].compactMap { $0 }.first { !$0.isEmpty } ?? ""
        exceptions = list.lowercased().split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    private static func parse(_ text: String, name: String) throws(ImageError) -> Proxy {
        let url = URL(string: text.contains("://") ? text : "http://\(text)")
        guard let url, let host = url.host(percentEncoded: false), !host.isEmpty, url.scheme?.lowercased() == "http"
        else {
            // It may hold a password, so it is not quoted.
            throw ImageError(
                .unsupported, "\(name) names no proxy that Berth can use: write it as http://[USER:PASSWORD@]HOST:PORT")
        }
        return Proxy(
            host: host, port: url.port ?? 80, username: url.user(percentEncoded: false),
            password: url.password(percentEncoded: false))
    }

    /// The proxy for a request; nil to connect directly, as always to this machine.
    func proxy(for url: URL) -> Proxy? {
        guard let scheme = url.scheme?.lowercased(), let proxy = proxies[scheme],
            let host = url.host(percentEncoded: false)?.lowercased()
        else { return nil }
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        if host == "localhost" || NetworkAddress(host).map(\.isLoopback) == true { return nil }
        return exceptions.contains { Self.covers($0, host, port) } ? nil : proxy
    }

    /// `*`, an address, a network (`10.0.0.0/8`), or a domain with all below it (`.example.com`: only those below); a
    /// port makes it that port's alone.
    private static func covers(_ exception: String, _ host: String, _ port: Int) -> Bool {
        if exception == "*" { return true }
        if let network = NetworkAddress.Range(exception) {
            return NetworkAddress(host).map(network.contains) ?? false
        }
        var name = exception[...]
        if let colon = name.lastIndex(of: ":"), let only = Int(name[name.index(after: colon)...]),
            name[..<colon].last == "]" || !name[..<colon].contains(":")
        {
            guard only == port else { return false }
            name = name[..<colon]
        }
        if name.hasPrefix("[") { name = name.dropFirst().dropLast() }
        if let address = NetworkAddress(String(name)) { return address == NetworkAddress(host) }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        return name.hasPrefix(".") ? host.hasSuffix(name) : host == name || host.hasSuffix(".\(name)")
    }
}

/// An address of IPv4 or IPv6, as bytes.
private struct NetworkAddress: Equatable {
    let bytes: [UInt8]

    init?(_ text: String) {
        let text = text.hasPrefix("[") ? String(text.dropFirst().dropLast()) : text
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: six) { Array($0) }
        } else {
            return nil
        }
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// `ADDRESS/BITS`.
    struct Range {
        let base: NetworkAddress
        let bits: Int

        init?(_ text: String) {
            let parts = text.split(separator: "/")
            guard parts.count == 2, let base = NetworkAddress(String(parts[0])), let bits = Int(parts[1]),
                (0...base.bytes.count * 8).contains(bits)
            else { return nil }
            (self.base, self.bits) = (base, bits)
        }

        func contains(_ address: NetworkAddress) -> Bool {
            guard address.bytes.count == base.bytes.count else { return false }
            return (0..<bits).allSatisfy { bit in
                (address.bytes[bit / 8] ^ base.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
            }
        }
    }
}
