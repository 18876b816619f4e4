extension DNSMessage {
    /// The message as bytes; what does not fit into `limit` is left out, and the message says so.
    func bytes(limit: Int) -> [UInt8] {
        let whole = bytes()
        guard whole.count > limit else { return whole }
        var cut = self
        cut.isTruncated = true
        cut.answers = []
        return cut.bytes()
    }

    /// The whole message. Names are not compressed, but for one that is the question's: that pointer is a constant.
    func bytes() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        output.append(id)
        output.append(flags)
        output.append(UInt16(questions.count))
        output.append(UInt16(answers.count))
        output.append(UInt16(0))
        output.append(UInt16(payloadSize == nil ? 0 : 1))
        for question in questions {
            output.append(question.name)
            output.append(question.type.rawValue)
            output.append(question.kind)
        }
        for record in answers { append(record, to: &output) }
        if let payloadSize { Self.appendOptions(payloadSize, to: &output) }
        return output
    }

    private var flags: UInt16 {
        var flags = UInt16(operation) << 11 | UInt16(code.rawValue)
        if isResponse { flags |= 0x8000 }
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        if wantsRecursion { flags |= 0x0100 }
        if offersRecursion { flags |= 0x0080 }
        return flags
    }

    private func append(_ record: Record, to output: inout [UInt8]) {
        if record.name == questions.first?.name {
            output.append(0xC000 | UInt16(Self.headerSize))
        } else {
            output.append(record.name)
        }
        output.append(record.type.rawValue)
        output.append(UInt16(1))
        output.append(UInt16(record.lifetime >> 16))
        output.append(UInt16(record.lifetime & 0xFFFF))
        let content = record.contentBytes
        output.append(UInt16(content.count))
        output += content
    }

    private static func appendOptions(_ size: UInt16, to output: inout [UInt8]) {
        output.append(UInt8(0))
        output.append(RecordType.options.rawValue)
        output.append(size)
        // Extended code, version, flags and options: none.
        output += [0, 0, 0, 0, 0, 0]
    }
}

extension DNSMessage.Record {
    var type: DNSMessage.RecordType {
        switch content {
        case .a: .a
        case .aaaa: .aaaa
        case .pointer: .pointer
        }
    }

    fileprivate var contentBytes: [UInt8] {
        switch content {
        case .a(let address): return address.bytes
        case .aaaa(let address): return address.bytes
        case .pointer(let name):
            var bytes: [UInt8] = []
            bytes.append(name)
            return bytes
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: UInt16) {
        append(UInt8(number >> 8))
        append(UInt8(number & 0xFF))
    }

    fileprivate mutating func append(_ name: DomainName) {
        for label in name.labels {
            append(UInt8(label.count))
            self += label
        }
        append(UInt8(0))
    }
}
