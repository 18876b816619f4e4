import BerthModel
import Foundation

/// Where FilterLogEvents goes on: behind the last line it gave out, in the order of all lines of the group.
struct FilterToken: Codable, Equatable, Sendable {
    /// A line's place among all of a group: by time, then by stream, then by place in the stream.
    struct Place: Codable, Comparable, Sendable {
        var time: Int64
        var stream: Int64
        var end: Int64

        static func < (left: Place, right: Place) -> Bool {
            (left.time, left.stream, left.end) < (right.time, right.stream, right.end)
        }
    }

    /// How far a stream has been read, so that it need not be read again from its head.
    struct Progress: Codable, Equatable, Sendable {
        var frame: Int64
        var end: Int64
        /// The latest time so far.
        var time: Int64
    }

    var place: Place
    /// By stream; a stream that is not here is read from its head, and what was given out is passed over.
    var progress: [Int64: Progress]

    init(place: Place, progress: [Int64: Progress]) {
        self.place = place
        self.progress = progress
    }

    init(_ text: String) throws(ServiceError) {
        guard let data = Data(base64Encoded: text), let token = try? JSONDecoder().decode(Self.self, from: data) else {
            throw .invalidParameter("The specified nextToken is invalid.")
        }
        self = token
    }

    var text: String {
        get throws { try JSONEncoder().encode(self).base64EncodedString() }
    }
}
