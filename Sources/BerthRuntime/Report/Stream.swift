import Glibc

/// Text to a descriptor. What nobody reads is nobody's error.
enum Stream {
    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = bytes
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }
}

enum StandardOutput {
    static func write(_ text: String) { Stream.write(text, to: 1) }
}

enum StandardError {
    static func write(_ text: String) { Stream.write(text, to: 2) }
}
