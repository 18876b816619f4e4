/// Where to listen on TCP.
public struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    public var host: String
    /// 0 lets the kernel choose.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `[IPv6]:PORT`.
    public init(parsing text: String) throws(ListenError) {
        func refuse(_ cause: String) -> ListenError {
            ListenError(
                address: text, cause: cause, remedy: "Write HOST:PORT, for example 127.0.0.1:8466 or [::1]:8466.")
        }
        guard let colon = text.lastIndex(of: ":") else { throw refuse("it has no port") }
        guard let port = UInt16(text[text.index(after: colon)...]) else {
            throw refuse("its port is not a number from 0 to 65535")
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw refuse("an IPv6 address must stand in brackets")
        }
        guard !host.isEmpty else { throw refuse("it has no host") }
        self.init(host: String(host), port: Int(port))
    }

    /// `HOST:PORT`, as in a URL.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An address that cannot be listened on: which, why, and what to do.
public struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
    /// As the caller gave it: `HOST:PORT`, or the path of a socket.
    public var address: String
    /// A clause; ``remedy`` is a sentence.
    public var cause: String
    public var remedy: String

    public var description: String { "cannot listen on \(address): \(cause). \(remedy)" }
}
