import Hummingbird

/// The little XML that query services write.
enum XML {
    /// An element with text.
    static func element(_ name: String, _ text: String) -> String { "<\(name)>\(escape(text))</\(name)>" }

    /// The reply of an operation; `result` is XML.
    static func reply(_ action: String, result: String, namespace: String, requestId: String) -> ByteBuffer {
        ByteBuffer(
            string: "<\(action)Response xmlns=\"\(namespace)\"><\(action)Result>\(result)</\(action)Result>"
                + "<ResponseMetadata>\(element("RequestId", requestId))</ResponseMetadata></\(action)Response>")
    }

    static func error(_ error: ErrorBody, isOurs: Bool, requestId: String) -> ByteBuffer {
        ByteBuffer(
            string: "<ErrorResponse><Error>\(element("Type", isOurs ? "Receiver" : "Sender"))"
                + "\(element("Code", error.type))\(element("Message", error.message))</Error>"
                + "\(element("RequestId", requestId))</ErrorResponse>")
    }

    /// Characters that XML 1.0 cannot hold become U+FFFD.
    private static func escape(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\n", "\t": output.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}"..."\u{FFFF}": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
