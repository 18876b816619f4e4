import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// The connections to registries: one pool for those that are reached directly, one for each proxy.
public final class RegistryClients: Sendable {
    private let proxies: RegistryProxies
    private let clients = Mutex<[RegistryProxies.Proxy?: HTTPClient]>([:])

    /// - Parameter environment: where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are looked for.
    /// - Throws: ``ImageError/Code/unsupported`` for a proxy that cannot be used.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(ImageError) {
        proxies = try RegistryProxies(environment)
    }

    /// Ends all connections; nothing can be pulled any more.
    public func shutdown() async throws {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try await client.shutdown() }
    }

    func client(for url: URL) -> HTTPClient {
        let proxy = proxies.proxy(for: url)
        return clients.withLock { clients in
            if let client = clients[proxy] { return client }
            let client = Self.make(proxy)
            clients[proxy] = client
            return client
        }
    }

    /// Redirects are followed by hand, because what authenticates must not go along; a failed connection is reported at
    /// once, because ``RetryPolicy`` decides what follows; and a body that stands still for a minute has ended.
    private static func make(_ proxy: RegistryProxies.Proxy?) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(15), read: .seconds(60)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        // A request that waits for a connection longer than one may take to be made fails: many pulls share a host.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.proxy = proxy.map { proxy in
            .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.username.map { .basic(username: $0, password: proxy.password ?? "") })
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
