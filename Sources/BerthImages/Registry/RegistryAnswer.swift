import AsyncHTTPClient
import BerthUnpack
import Foundation

/// Reads answers that are no success.
enum RegistryAnswer {
    private struct Errors: Decodable {
        struct Item: Decodable {
            var code: String?
            var message: String?
        }
        var errors: [Item]?
        var details: String?
        var message: String?
    }

    /// What a status means, with the registry's own words.
    ///
    /// - Parameters:
    ///   - host: who answered, for the message.
    ///   - credentials: whose were sent; nil for none.
    static func fault(_ response: HTTPClientResponse, host: String, credentials: String?) async -> RegistryFault {
        let words = words(await HTTPExchange.note(response)).map { ": \($0)" } ?? ""
        let retryAfter = response.headers.first(name: "retry-after").flatMap { RetryAfter.parse($0, now: Date()) }
        switch response.status.code {
        case 401, 403:
            let remedy =
                credentials.map { "refuses \($0)" }
                ?? "wants credentials and none are there: docker login \(host) makes them, or registries.credentials names a file"
            return RegistryFault(.unauthorized, "\(host) \(remedy)\(words)")
        case 404: return RegistryFault(.notFound, "\(host) does not have it\(words)")
        case 429:
            return RegistryFault(
                .throttled, "\(host) has had too many requests\(words)", isTransient: true, retryAfter: retryAfter)
        case 408, 500...599:
            return RegistryFault(
                .unreachable, "\(host) answers \(response.status)\(words)", isTransient: true, retryAfter: retryAfter)
        default: return RegistryFault(.badResponse, "\(host) answers \(response.status)\(words)")
        }
    }

    /// The message of an error document of the distribution specification, or of a token service.
    private static func words(_ bytes: [UInt8]) -> String? {
        guard let found = try? JSONDecoder().decode(Errors.self, from: Data(bytes)) else { return nil }
        let text = found.errors?.compactMap { $0.message ?? $0.code }.first ?? found.details ?? found.message
        return text.map { Printable.text(String($0.prefix(300))) }
    }
}
