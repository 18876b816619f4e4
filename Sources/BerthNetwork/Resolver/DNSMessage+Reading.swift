extension DNSMessage {
    /// Reads header, questions and EDNS; of the records in between only where they end.
    ///
    /// - Throws: ``DNSFault`` when the bytes are no message.
    init(_ bytes: [UInt8]) throws(DNSFault) {
        var reader = DNSReader(bytes)
        self.init(id: try reader.number16())
        let flags = try reader.number16()
        isResponse = flags & 0x8000 != 0
        operation = UInt8(flags >> 11 & 15)
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        wantsRecursion = flags & 0x0100 != 0
        offersRecursion = flags & 0x0080 != 0
        code = Code(rawValue: UInt8(flags & 15))
        let questionCount = try reader.number16()
        let answerCount = try reader.number16()
        let authorityCount = try reader.number16()
        let furtherCount = try reader.number16()
        for _ in 0..<questionCount {
            let name = try reader.name()
            let type = RecordType(rawValue: try reader.number16())
            questions.append(Question(name: name, type: type, kind: try reader.number16()))
        }
        for _ in 0..<Int(answerCount) + Int(authorityCount) + Int(furtherCount) {
            try reader.skipName()
            let type = RecordType(rawValue: try reader.number16())
            let kind = try reader.number16()
            _ = try reader.number32()
            try reader.skip(Int(try reader.number16()))
            // An OPT record's class is the size that its sender takes.
            if type == .options { payloadSize = max(kind, UInt16(Self.plainPayloadSize)) }
        }
    }
}
