import BerthModel

/// The id that every reply carries in `x-amzn-RequestId`.
enum RequestID {
    static func make() -> String { RandomID.uuid() }
}
