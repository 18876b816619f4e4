import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One HTTP request to a registry or to its token service, without authentication, redirects or repetition.
struct HTTPExchange: Sendable {
    let clients: RegistryClients

    /// How long a host may take to begin its answer.
    private static let patience = TimeAmount.seconds(60)
    /// How long a document, of at most 4 MiB, may take.
    private static let longestDocument = Duration.seconds(120)
    private static let longestNote = Duration.seconds(10)
    /// Bytes of an answer that is only quoted or thrown away.
    private static let noteBytes = 64 << 10

    /// - Throws: ``RegistryFault`` when there is no answer; every status is one.
    func send(
        _ method: HTTPMethod, _ url: URL, headers: HTTPHeaders, tls: TLSConfiguration?, body: [UInt8]? = nil
    ) async throws(RegistryFault) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.headers = headers
        request.headers.replaceOrAdd(name: "user-agent", value: "berth")
        request.headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        request.tlsConfiguration = tls
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            return try await clients.client(for: url).execute(request, deadline: .now() + Self.patience)
        } catch {
            throw Self.fault(error, host: url.authority)
        }
    }

    /// A whole body of at most `limit` bytes, which a host that drips cannot hold back for ever.
    static func collect(
        _ response: HTTPClientResponse, limit: Int, host: String
    ) async throws(RegistryFault) -> [UInt8] {
        do {
            return try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { Array(buffer: try await response.body.collect(upTo: limit)) }
                group.addTask {
                    try await Task.sleep(for: longestDocument)
                    throw HTTPClientError.readTimeout
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch is NIOTooManyBytesError {
            throw RegistryFault(
                .limitExceeded, "\(host) answers with more than \(limit) bytes where a document belongs")
        } catch {
            throw fault(error, host: host)
        }
    }

    /// The beginning of a body that is no success; the rest is not waited for.
    static func note(_ response: HTTPClientResponse) async -> [UInt8] {
        var bytes: [UInt8] = []
        let end = ContinuousClock.now + longestNote
        do {
            for try await piece in response.body {
                bytes += Array(buffer: piece).prefix(noteBytes - bytes.count)
                if bytes.count >= noteBytes || .now > end { break }
            }
        } catch {
            // What came is what can be told.
        }
        return bytes
    }

    /// Words what kept a request from its answer, or a body from its end.
    static func fault(_ error: any Error, host: String) -> RegistryFault {
        switch error {
        case is CancellationError: return .cancelled
        case let error as HTTPClientError:
            if error == .cancelled { return .cancelled }
            if error == .proxyAuthenticationRequired {
                return RegistryFault(
                    .unauthorized, "the proxy before \(host) wants other credentials; put them into HTTPS_PROXY")
            }
            return RegistryFault(.unreachable, "\(host): \(error.shortDescription)", isTransient: true)
        case let error as NIOSSLError: return tlsFault("\(error)", host: host)
        case let error as NIOSSLExtraError: return tlsFault("\(error)", host: host)
        case let error as NIOConnectionError:
            if let dns = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
                var fault = RegistryFault(
                    .unreachable, "the name of \(host) cannot be resolved: \(dns); check the name and the resolver",
                    isTransient: true)
                // Mostly it is mistyped, or this machine has no network; a resolver that stumbles is soon up again.
                fault.attempts = 3
                return fault
            }
            let causes = error.connectionErrors.map { cause($0.error) }
            return RegistryFault(
                .unreachable, "cannot connect to \(host): \(causes.first ?? "no address")", isTransient: true)
        default:
            let isRefusal = (error as? IOError).map { $0.errnoCode != ECONNRESET && $0.errnoCode != EPIPE } ?? false
            return RegistryFault(
                .unreachable, "\(isRefusal ? "cannot connect to " : "")\(host): \(cause(error))", isTransient: true)
        }
    }

    private static func cause(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }

    private static func tlsFault(_ text: String, host: String) -> RegistryFault {
        let isUntrusted = text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate")
        guard isUntrusted else { return RegistryFault(.unreachable, "TLS with \(host) failed: \(text)") }
        return RegistryFault(
            .unreachable,
            "the certificate of \(host) is not trusted: put its authority's into \(host)/ca.crt of the directory that "
                + "registries.certificates names, or name \(host) under registries.insecure")
    }
}

extension URL {
    /// Host and port as written: what a user recognizes.
    var authority: String {
        let name = host(percentEncoded: false) ?? ""
        let bracketed = name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
        return bracketed + (port.map { ":\($0)" } ?? "")
    }

    /// Whether a request to the other host may carry what was meant for this one.
    func isSameOrigin(as other: URL) -> Bool {
        func portNumber(_ url: URL) -> Int { url.port ?? (url.scheme == "https" ? 443 : 80) }
        return scheme?.lowercased() == other.scheme?.lowercased() && host()?.lowercased() == other.host()?.lowercased()
            && portNumber(self) == portNumber(other)
    }
}
